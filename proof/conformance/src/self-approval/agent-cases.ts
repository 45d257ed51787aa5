import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { IOI } from '@ioi/kit';
import { TestPasskey } from '@ioi/law/testing';
import { type Case, isRefused } from './case.ts';
import type { Ground } from './ground.ts';

function onSocket(name: string, path: string, body: (ground: Ground) => object): Case {
  return {
    name: `socket, ${name}`,
    attempt: async (ground) => isRefused(await ground.node.guardianApi('POST', path, body(ground))),
  };
}

function onDaemon(name: string, method: string, path: (ground: Ground) => string): Case {
  return {
    name: `daemon, ${name}`,
    attempt: async (ground) => {
      const body = { request_hash: ground.low, passphrase: 'x', approved: true };
      return isRefused(await ground.node.api(method, path(ground), body));
    },
  };
}

function overMcp(name: string, method: string, params: (ground: Ground) => object): Case {
  return {
    name: `agent, ${name}`,
    attempt: async (ground) => {
      const answer = await ground.agent.request(method, params(ground));
      return answer.error !== undefined || answer.result?.['isError'] === true;
    },
  };
}

/** What the log itself is told, by whoever reaches the daemon. */
function operation(name: string, about: string, payload: (ground: Ground) => object): Case {
  return {
    name: `operation, ${name}`,
    attempt: async (ground) => {
      const { body } = await ground.node.api('GET', '/v1/status');
      const domain = `agentgres://domain/${String(body['node_id']).split('/').at(-1)}.node`;
      const path = `/v1/domains/${encodeURIComponent(domain)}/operations`;
      const told = { operation: about, payload: payload(ground) };
      return isRefused(await ground.node.api('POST', path, told));
    },
  };
}

/** Signed by a key of one's own, which is as good as it gets. */
function signedByStranger(statement: object): object {
  const key = generateHybridKey();
  const message = Buffer.from(JSON.stringify(statement));
  return signHybrid(key, 'SIG_DOMAIN_MANIFEST', message);
}

const edited = ({ low }: Ground) => ({
  request_hash: low,
  changes: [{ path: ['content'], value: 'of the agent' }],
});

const RULES = {
  low: { factors: 1, out_of_band: false },
  high: { factors: 1, out_of_band: false },
  rules: [],
  sequence: '2',
};

/** The command itself, with keys that somebody else types. */
function typed(name: string, keys: string): Case {
  return {
    name: `terminal, ${name}`,
    attempt: async ({ node, high }) => {
      const command = `${process.execPath} ${IOI} approve ${high.slice(7, 19)}`;
      const env = { ...process.env, IOI_HOME: node.home, HOME: node.folder };
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        env,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      child.stdin.on('error', () => {});
      const timer = setTimeout(() => child.stdin.end(keys), 1_500);
      const [code] = (await once(child, 'exit')) as [number | null];
      clearTimeout(timer);
      return code !== 0;
    },
  };
}

export const AGENT_CASES: readonly Case[] = [
  onSocket('without a passphrase', '/approve', ({ low }) => ({ request_hash: low })),
  onSocket('with a wrong one', '/approve', ({ low }) => ({ request_hash: low, passphrase: 'x' })),
  onSocket('an assertion there', '/approve', ({ low }) => ({ request_hash: low, assertion: {} })),
  onSocket('a path of the page', '/api/approve', ({ low }) => ({ request_hash: low })),
  onSocket('a factor of its own', '/governance/sign', ({ origin }) => ({
    operation: 'factor.enroll',
    asked: { factor: new TestPasskey('es256', origin).factor() },
    review_hash: 'x',
    passphrase: 'x',
  })),
  onDaemon('a route that approves', 'POST', () => '/v1/approve'),
  onDaemon('a route below the request', 'POST', ({ low }) => `/v1/show/${low}/approve`),
  onDaemon('the page by way of the daemon', 'POST', () => '/api/approve'),
  onDaemon('reconciling what waits', 'POST', ({ low }) => `/v1/reconcile/${low}`),
  overMcp('a tool named approve', 'tools/call', ({ low }) => ({
    name: 'approve',
    arguments: { request_hash: low },
  })),
  overMcp('a method named approve', 'approve', ({ low }) => ({ request_hash: low })),
  overMcp('answering its own question', 'elicitation/create', ({ low }) => ({
    message: low,
    requestedSchema: { type: 'object', properties: {} },
  })),
  onSocket('an edit without a passphrase', '/edit', edited),
  onSocket('an edit with a guess', '/edit', (ground) => ({ ...edited(ground), passphrase: 'x' })),
  onDaemon('a route that edits', 'POST', () => '/v1/edit'),
  overMcp('a tool named edit', 'tools/call', (ground) => ({
    name: 'edit',
    arguments: edited(ground),
  })),
  overMcp('a method named edited', 'edited', edited),
  {
    name: 'page, an edit by whoever opened it',
    attempt: async (ground) => {
      const secrets = await ground.session();
      return isRefused(await ground.post('/api/edit', edited(ground), { secrets }));
    },
  },
  operation('an edit that nobody ordered', 'boundary/action.decide', ({ low }) => ({
    request: { target: 'fs::write', params: {}, context: {}, nonce: '1' },
    edits: low,
  })),
  operation('a decision with a token of its own', 'boundary/action.decide', ({ low }) => ({
    request_hash: low,
    token: { request_hash: low },
  })),
  operation('a factor that a stranger signed', 'governance/factor.enroll', ({ origin }) => {
    const factor = new TestPasskey('es256', origin).factor();
    const enrollment = { factor, sequence: '2' };
    return { enrollment, signature: signedByStranger(enrollment) };
  }),
  operation('rules that a stranger signed', 'governance/approval.rules', () => ({
    setting: RULES,
    signature: signedByStranger(RULES),
  })),
  operation('a factor that nobody signed', 'governance/factor.revoke', () => ({
    revocation: { factor_id: `sha256:${'0'.repeat(64)}`, sequence: '2' },
  })),
  typed('a guess', 'password\ny\n'),
  typed('nothing but Return', '\n\n\n'),
];
