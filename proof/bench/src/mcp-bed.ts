import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { digestOf } from '@ioi/canon';
import { type HttpPeer, type Launchers, McpPeer, makeHome, NodeProcess, OPEN_HTTP } from '@ioi/kit';
import type { RuntimeToolContract } from '@ioi/protocol';

export const ECHO = fileURLToPath(new URL('./echo-server.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url));

const POLICY = JSON.stringify({
  policy_id: 'bench',
  rules: [{ target: 'mcp::echo::echo', conditions: {}, action: 'ALLOW' }],
});

/** Where the echo server behind the node is. */
export type Upstream = 'stdio' | { readonly url: string };

export type Spawned = { readonly child: ChildProcess; readonly peer: McpPeer };

/** A node with one echo server behind it, under a policy; `stop` removes all of it. */
export async function echoNode(
  upstream: Upstream,
  launchers: Launchers = {},
): Promise<NodeProcess> {
  const home = mkdtempSync(join(tmpdir(), 'ioi-bench-'));
  const where = upstream === 'stdio' ? { command: process.execPath, args: [ECHO] } : upstream;
  const server = { name: 'echo', ...where, contracts: [echoContract()] };
  await makeHome(home, [server], [], OPEN_HTTP);
  const node = new NodeProcess(home, launchers);
  await node.ready();
  const activated = await node.activate(POLICY);
  if (activated.status !== 200) throw new Error(JSON.stringify(activated.body));
  return node;
}

export async function stopNode(node: NodeProcess): Promise<void> {
  await node.stop();
  node.removeHome();
}

/** The client's command, as a client starts it. */
export function ioiMcp(home: string): Spawned {
  return startPeer([CLI, 'mcp'], { ...process.env, IOI_HOME: home });
}

export function startPeer(args: string[], env: NodeJS.ProcessEnv = process.env): Spawned {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
  return { child, peer: new McpPeer({ input: child.stdout, output: child.stdin }) };
}

/** The echo server over HTTP, without anything between. */
export async function echoOverHttp(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [ECHO, '--http'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: (JSON.parse(String(line)) as { url: string }).url };
}

/** Milliseconds one call takes. Throws when it is refused: a refusal would be fast. */
export async function timedCall(peer: McpPeer | HttpPeer, text: string): Promise<number> {
  const start = performance.now();
  const answer = await peer.call('echo', { text });
  const elapsed = performance.now() - start;
  const { result } = answer;
  if (result === undefined || result['isError'] === true) throw new Error(JSON.stringify(answer));
  return elapsed;
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
