import { readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { encodeUtf8 } from '@ioi/basis';
import { gate, normaliseCall } from '@ioi/firewall';
import { type CompiledPolicy, compilePolicy, loadPolicy } from '@ioi/law';
import type { RuntimeToolContract } from '@ioi/protocol';
import { check, newTally, type Tally } from './tally.ts';

/** The cases are our own and stand beside the sources. */
export const FOLDER = resolve(import.meta.dirname, '../bypass');

type Kind = RuntimeToolContract['parameters'][number]['kind'];
type Suite = {
  readonly target: string;
  readonly parameters: Readonly<Record<string, Kind>>;
  readonly rules: readonly object[];
  readonly argumentsOf: (line: string) => Readonly<Record<string, unknown>>;
};

const rule = (target: string, action: string, conditions: object) => ({
  target,
  action,
  conditions,
});
const RUN = { command: 'value', cwd: 'value' } as const;
const FETCH = { url: 'url', method: 'value' } as const;
const command = (line: string) => ({ command: line, cwd: '/w' });

const SUITES: Readonly<Record<string, Suite>> = {
  allowlist: {
    target: 'sys::exec',
    parameters: RUN,
    rules: [
      rule('sys::exec', 'ALLOW', {
        allow_commands: [
          'git status **',
          'git log **',
          'git diff **',
          'ls **',
          'cat **',
          'echo **',
          'grep **',
          'head **',
          'npm test',
          'npm run *',
        ],
        allow_paths: ['/w'],
      }),
    ],
    argumentsOf: command,
  },
  blocklist: {
    target: 'sys::exec',
    parameters: RUN,
    rules: [
      rule('sys::exec', 'ALLOW', {}),
      rule('sys::exec', 'BLOCK', {
        allow_commands: [
          'rm -rf **',
          'curl **',
          'wget **',
          'dd **',
          'nc **',
          'sudo **',
          'mkfs **',
          'chmod -R **',
          'git push --force **',
          'npm publish **',
        ],
      }),
    ],
    argumentsOf: command,
  },
  guards: {
    target: 'sys::exec',
    parameters: RUN,
    rules: [
      rule('sys::exec', 'ALLOW', {}),
      rule('sys::exec', 'BLOCK', {
        allow_paths: [
          '/etc',
          '/home/u/vault',
          '/**/.ssh',
          '/**/.env',
          '/**/*.pem',
          '/**/.git/hooks',
        ],
      }),
    ],
    argumentsOf: command,
  },
  trees: {
    target: 'sys::exec',
    parameters: RUN,
    rules: [
      rule('sys::exec', 'ALLOW', {}),
      rule('sys::exec', 'REQUIRE_APPROVAL', { allow_commands: ['@tree'] }),
    ],
    argumentsOf: command,
  },
  network: {
    target: 'net::fetch',
    parameters: FETCH,
    rules: [
      rule('net::fetch', 'ALLOW', {
        allow_domains: ['example.com'],
        allow_protocols: ['https'],
        allow_ports: [443],
        allow_methods: ['GET'],
      }),
    ],
    argumentsOf: (url) => ({ url, method: 'GET' }),
  },
  addresses: {
    target: 'net::fetch',
    parameters: FETCH,
    rules: [
      rule('net::fetch', 'ALLOW', {}),
      rule('net::fetch', 'BLOCK', {
        allow_ips: [
          '0.0.0.0/8',
          '10.0.0.0/8',
          '127.0.0.0/8',
          '169.254.0.0/16',
          '172.16.0.0/12',
          '192.168.0.0/16',
          '::1',
          'fc00::/7',
          'fe80::/10',
        ],
      }),
    ],
    argumentsOf: (url) => ({ url, method: 'GET' }),
  },
  methods: {
    target: 'net::fetch',
    parameters: FETCH,
    rules: [rule('net::fetch', 'ALLOW', { allow_methods: ['GET', 'POST /sobjects/Account'] })],
    argumentsOf: (line) => {
      const [method, url] = line.split(' ');
      return { method, url };
    },
  },
};

/**
 * Ways around a policy that people and models try, each through the real gate: what is under a
 * suite's name must not be allowed, and the controls beside it must be, so that a gate which
 * refuses everything fails as well. `most` of each suite, spread over it; by default all.
 */
export function run(folder: string, most = Number.POSITIVE_INFINITY): Tally {
  const tally = newTally();
  let passing = 0;
  for (const [name, suite] of Object.entries(SUITES)) {
    const policy = policyOf(name, suite);
    for (const line of sample(casesIn(folder, name), most)) {
      const isAllowed = isLetThrough(suite, policy, line);
      if (isAllowed) passing += 1;
      check(tally, `${name}: allowed ${line}`, !isAllowed);
    }
    for (const line of sample(casesIn(folder, `${name}-controls`), most)) {
      check(tally, `${name}: not allowed ${line}`, isLetThrough(suite, policy, line));
    }
  }
  return { ...tally, more: [['passing', passing]] };
}

function casesIn(folder: string, name: string): readonly string[] {
  const lines = readFileSync(join(folder, `${name}.txt`), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => line.replaceAll('⏎', '\n'));
}

function sample(lines: readonly string[], most: number): readonly string[] {
  const step = Math.max(1, Math.ceil(lines.length / most));
  return lines.filter((_, at) => at % step === 0);
}

function policyOf(name: string, { rules }: Suite): CompiledPolicy {
  const loaded = loadPolicy(JSON.stringify({ policy_id: name, rules }));
  if (!loaded.ok) throw new Error(`${name}: ${loaded.error[0]?.message}`);
  return compilePolicy(loaded.value.rules);
}

const AGENT = 'agent://bypass/any';
const FACTS = { workspace_root: '/w' };

/** A call that never becomes a request is let through as little as one that is blocked. */
function isLetThrough(suite: Suite, policy: CompiledPolicy, line: string): boolean {
  const given = suite.argumentsOf(line);
  const strings = Object.values(given).filter((value) => typeof value === 'string');
  const normalised = normaliseCall({
    contract: contractOf(suite),
    arguments: given,
    paths: new Map(strings.map((text) => [text, posix.resolve('/w', text)])),
    context: { agent_id: AGENT },
    nonce: '1',
    salt: '5a'.repeat(16),
  });
  if (!normalised.ok) return false;
  const bytes = encodeUtf8(JSON.stringify(normalised.value.request));
  const budgets = { calls: () => 0, spent: () => 0n };
  return gate(bytes, { facts: FACTS, policy, budgets }).decision.verdict === 'ALLOW';
}

function contractOf({ target, parameters }: Suite): RuntimeToolContract {
  return {
    server: 'bypass',
    tool: 'any',
    version: '1',
    schema_hash: `sha256:${'0'.repeat(64)}`,
    target,
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: 'high',
    effect: 'at_most_once',
    parameters: Object.entries(parameters).map(([name, kind]) => {
      return { argument: name, parameter: name, kind };
    }),
    facts: ['workspace_root'],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'deterministic_local',
    postconditions: [],
    limits: { timeout_ms: 1000, output_bytes: 1000 },
  };
}
