import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf } from '@ioi/canon';
import { McpPeer, makeHome, NodeProcess } from '@ioi/kit';
import type { RuntimeToolContract } from '@ioi/protocol';
import { median, percentile } from './measure.ts';
import type { Report } from './report.ts';

const ECHO = fileURLToPath(new URL('./echo-server.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url));
const ROUNDS = 600;
const WARM_UP = 150;
const TEXT = 'x'.repeat(200);

const POLICY = JSON.stringify({
  policy_id: 'bench',
  rules: [{ target: 'mcp::echo::echo', conditions: {}, action: 'ALLOW' }],
});

/**
 * What the node adds to one `tools/call` over stdio, with two sealed records: the same client
 * calls the same echo server directly and through `ioi mcp`, in turns.
 */
export async function run(report: Report): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  await makeHome(home, [echoServer()]);
  const node = new NodeProcess(home);
  const direct = start(process.execPath, [ECHO]);
  let through: Spawned | undefined;
  try {
    await node.ready();
    const activated = await node.activate(POLICY);
    if (activated.status !== 200) throw new Error(JSON.stringify(activated.body));
    through = start(process.execPath, [CLI, 'mcp'], { ...process.env, IOI_HOME: home });
    await Promise.all([direct.peer.initialize(), through.peer.initialize()]);
    const samples = await interleaved(direct.peer, through.peer);
    describe(report, samples);
  } finally {
    direct.child.kill();
    through?.child.kill();
    await node.stop();
    node.removeHome();
  }
}

type Samples = { readonly direct: number[]; readonly through: number[] };

async function interleaved(direct: McpPeer, through: McpPeer): Promise<Samples> {
  const samples: Samples = { direct: [], through: [] };
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const plain = await timed(direct);
    const governed = await timed(through);
    if (round < WARM_UP) continue;
    samples.direct.push(plain);
    samples.through.push(governed);
  }
  return samples;
}

async function timed(peer: McpPeer): Promise<number> {
  const start = performance.now();
  const { result } = await peer.call('echo', { text: TEXT });
  const elapsed = performance.now() - start;
  if (result === undefined || result['isError'] === true) throw new Error(JSON.stringify(result));
  return elapsed;
}

function describe(report: Report, { direct, through }: Samples): void {
  const added = median(through) - median(direct);
  const p99 = percentile(through, 0.99);
  report.note(`direct p50 ${median(direct).toFixed(3)} ms, through the node`);
  report.note(`p50 ${median(through).toFixed(3)} ms, p99 ${p99.toFixed(3)} ms, ${ROUNDS} rounds`);
  const target = { op: '<=', value: 1.5 } as const;
  report.figure({ figure: 'stdio_added_p50_ms', value: added, unit: 'ms', target });
}

type Spawned = { readonly child: ChildProcess; readonly peer: McpPeer };

function start(command: string, args: string[], env?: NodeJS.ProcessEnv): Spawned {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(env ? { env } : {}),
  });
  return { child, peer: new McpPeer({ input: child.stdout, output: child.stdin }) };
}

function echoServer(): object {
  return { name: 'echo', command: process.execPath, args: [ECHO], contracts: [echoContract()] };
}

function echoContract(): RuntimeToolContract {
  const schema = digestOf({ type: 'object', properties: { text: { type: 'string' } } });
  if (!schema.ok) throw new Error(schema.error.message);
  return {
    server: 'echo',
    tool: 'echo',
    version: '1',
    schema_hash: schema.value,
    target: 'mcp::echo::echo',
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: 'low',
    effect: 'read',
    parameters: [{ argument: 'text', parameter: 'text', kind: 'value' }],
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'deterministic_local',
    postconditions: ['output_present'],
    limits: { timeout_ms: 10_000, output_bytes: 65_536 },
  };
}
