import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SeededRandom, seededRandom } from '@ioi/basis';
import { until } from '@ioi/basis/testing';
import { digestOf } from '@ioi/canon';
import { exited, makeHome, NodeProcess } from '@ioi/kit';
import type { RuntimeToolContract } from '@ioi/protocol';
import { audit } from './audit.ts';
import type { Evidence, Progress } from './evidence.ts';

export type CrashOptions = {
  readonly kills: number;
  readonly seed: number;
  readonly onProgress?: Progress;
};

export const LEDGER = fileURLToPath(new URL('./ledger-server.ts', import.meta.url));
const FILESYSTEM = fileURLToPath(
  new URL(
    '../../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js',
    import.meta.url,
  ),
);
const CALLERS = 6;
/** Longest wait before a kill, from the start of the processes, or from what it is counted from. */
const START_WINDOW_MS = 900;
const RUN_WINDOW_MS = 600;

const POLICY = JSON.stringify({
  policy_id: 'crash',
  rules: [
    { target: 'ledger::append', conditions: {}, action: 'ALLOW' },
    { target: 'fs::*', conditions: { allow_path: './' }, action: 'ALLOW' },
  ],
});

/**
 * Kills a working node again and again and then compares three witnesses: what callers were
 * told, what the world outside shows, and what the log says may have happened.
 */
export async function runCrash({ kills, seed, onProgress }: CrashOptions): Promise<Evidence> {
  const random = seededRandom(seed);
  const world = prepareWorld();
  await makeHome(world.home, world.servers);
  await withNode(world.home, async (node) => {
    await node.ready();
    const activated = await node.activate(POLICY);
    if (activated.status !== 200) throw new Error(JSON.stringify(activated.body));
  });
  const acknowledged: string[] = [];
  for (let done = 0; done < kills; done++) {
    await oneLife(world.home, random, { acknowledged, life: done });
    onProgress?.(done + 1, kills, 'kills');
  }
  let result: Evidence | undefined;
  await withNode(world.home, async (node) => {
    await node.ready();
    const exported = await node.api('GET', '/v1/export');
    const text = String(exported.body['text'] ?? JSON.stringify(exported.body));
    const ledger = readFileSync(world.ledger, 'utf8').split('\n').filter(Boolean);
    result = audit({ text, ledger, acknowledged, workspace: world.workspace });
    if (result.findings.length === 0) node.removeHome();
  });
  if (!result) throw new Error('the last life ended early');
  return { findings: result.findings, counts: { kills, ...result.counts } };
}

type World = {
  readonly home: string;
  readonly workspace: string;
  readonly ledger: string;
  readonly servers: readonly object[];
};

function prepareWorld(): World {
  const home = mkdtempSync(join(tmpdir(), 'ioi-crash-'));
  const workspace = join(home, 'workspace');
  const ledger = join(home, 'ledger.txt');
  mkdirSync(workspace);
  writeFileSync(ledger, '');
  const servers = [
    {
      name: 'ledger',
      command: process.execPath,
      args: [LEDGER],
      env: { LEDGER: ledger },
      contracts: [appendContract()],
    },
    {
      name: 'filesystem',
      command: process.execPath,
      args: [FILESYSTEM, workspace],
      workspace_root: workspace,
    },
  ];
  return { home, workspace, ledger, servers };
}

/** Of the one tool of the ledger server, which takes these scopes. */
export function appendContract(
  authority_scopes: RuntimeToolContract['authority_scopes'] = [],
): RuntimeToolContract {
  const schema = {
    type: 'object',
    properties: { id: { type: 'string' } },
    required: ['id'],
    additionalProperties: false,
  };
  const hash = digestOf(schema);
  if (!hash.ok) throw new Error(hash.error.message);
  return {
    server: 'ledger',
    tool: 'append',
    version: '1',
    schema_hash: hash.value,
    target: 'ledger::append',
    primitive_capabilities: ['prim:fs.write'],
    authority_scopes,
    risk_class: 'low',
    effect: 'at_most_once',
    parameters: [],
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'topology_dependent',
    postconditions: ['output_present'],
    limits: { timeout_ms: 10_000, output_bytes: 65_536 },
  };
}

async function withNode(home: string, work: (node: NodeProcess) => Promise<void>): Promise<void> {
  const node = new NodeProcess(home);
  try {
    await work(node);
  } finally {
    await node.stop();
  }
}

type Life = { readonly acknowledged: string[]; readonly life: number };

/** What the wait before a kill is counted from: the same share of lives each. */
const ENDINGS = ['start', 'ready', 'work'] as const;

/** From start to SIGKILL: while the processes start, once they answer, or once work is done. */
async function oneLife(home: string, random: SeededRandom, life: Life): Promise<void> {
  const node = new NodeProcess(home);
  const victim = ['daemon', 'guardian', 'both'][random.below(3)] ?? 'both';
  const from = ENDINGS[random.below(ENDINGS.length)] ?? 'work';
  const delayMs = random.below(from === 'start' ? START_WINDOW_MS : RUN_WINDOW_MS);
  const { acknowledged } = life;
  const before = acknowledged.length;
  const working = node
    .ready()
    .then(() => work(node, life))
    .catch(() => {});
  if (from !== 'start') await node.ready();
  if (from === 'work') await until('work is done', () => acknowledged.length > before);
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  if (victim !== 'guardian') node.daemon.kill('SIGKILL');
  if (victim !== 'daemon') node.guardian.kill('SIGKILL');
  await Promise.all([exited(node.daemon), exited(node.guardian)]);
  await working;
}

async function work(node: NodeProcess, { acknowledged, life }: Life): Promise<void> {
  const peer = node.connectMcp();
  await peer.initialize();
  const caller = async (number: number): Promise<void> => {
    for (let turn = 0; ; turn++) {
      const id = `${life}-${number}-${turn}`;
      const file = (number + turn) % 2 === 0;
      const message = file
        ? await peer.call('write_file', { path: `${id}.txt`, content: id })
        : await peer.call('append', { id });
      if (message.result && message.result['isError'] !== true) acknowledged.push(id);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, number) => caller(number)));
}
