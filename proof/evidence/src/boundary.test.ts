import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodeUtf8 } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import { exited, type McpPeer, makeHome, NodeProcess, PASSPHRASE } from '@ioi/kit';
import { type ConsistencyProof, isRuntimeEventEnvelope } from '@ioi/protocol';
import { verify, verifyContinues } from '@ioi/verifier';
import { metricsOf, sawActs, untilPending } from './node-metrics.ts';

const FILESYSTEM = fileURLToPath(
  new URL(
    '../../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js',
    import.meta.url,
  ),
);
const DYING = fileURLToPath(new URL('./dying-server.ts', import.meta.url));

const POLICY = JSON.stringify({
  policy_id: 'test',
  rules: [
    { rule_id: 'inside', target: 'fs::*', conditions: { allow_path: './' }, action: 'ALLOW' },
    {
      rule_id: 'ask_overwrite',
      target: 'fs::write',
      conditions: { allow_path: './', target_exists: true },
      action: 'REQUIRE_APPROVAL',
    },
    { rule_id: 'die', target: 'mcp::dying::die', conditions: {}, action: 'ALLOW' },
  ],
});

let home: string;
let workspace: string;
let node: NodeProcess;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'ioi-boundary-'));
  workspace = join(home, 'workspace');
  mkdirSync(workspace);
  writeFileSync(join(workspace, 'old.txt'), 'old');
  await makeHome(home, servers(), [], { metrics: { port: 0 } });
  node = new NodeProcess(home);
  await node.ready();
  assert.equal((await node.activate(POLICY)).status, 200);
});

afterEach(async () => {
  await node.stop('SIGKILL');
  node.removeHome();
});

function servers(): object[] {
  const schema = digestOf({ type: 'object', properties: { how: { type: 'string' } } });
  assert.ok(schema.ok);
  const contract = {
    server: 'dying',
    tool: 'die',
    version: '1',
    schema_hash: schema.value,
    target: 'mcp::dying::die',
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: 'low',
    effect: 'at_most_once',
    parameters: [],
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'topology_dependent',
    postconditions: [],
    limits: { timeout_ms: 5000, output_bytes: 1000 },
  };
  const args = [FILESYSTEM, workspace];
  return [
    { name: 'filesystem', command: process.execPath, args, workspace_root: workspace },
    {
      name: 'dying',
      command: process.execPath,
      args: [DYING],
      env: { LEDGER: join(home, 'ledger.txt') },
      contracts: [contract],
    },
  ];
}

async function opened(): Promise<McpPeer> {
  const peer = node.connectMcp();
  await peer.initialize();
  return peer;
}

const codeOf = (message: { result?: Record<string, unknown> }): unknown =>
  (message.result?.['_meta'] as Record<string, unknown> | undefined)?.['ioi/code'];

const pendingHash = async (): Promise<string> => (await node.waiting()).request_hash;

const approve = (request_hash: string) =>
  node.guardianApi('POST', '/approve', { request_hash, passphrase: PASSPHRASE });

async function exported(): Promise<string> {
  return String((await node.api('GET', '/v1/export')).body['text']);
}

test('allow, block and approve over the real filesystem server, then verify', async () => {
  const { values: before } = await metricsOf(home);
  const peer = await opened();
  const read = await peer.call('read_text_file', { path: 'old.txt' });
  assert.match(JSON.stringify(read.result), /old/);
  assert.equal(codeOf(await peer.call('write_file', { path: 'new.txt', content: 'n' })), undefined);
  assert.equal(readFileSync(join(workspace, 'new.txt'), 'utf8'), 'n');
  const outside = await peer.call('write_file', { path: join(home, 'x.txt'), content: 'n' });
  assert.equal(codeOf(outside), 'policy.default_deny');
  const overwriting = peer.call('write_file', { path: 'old.txt', content: 'changed' });
  const hash = await pendingHash();
  const { text: told, values: pending } = await untilPending(home);
  sawActs(before, pending);
  for (const secret of [home, 'old.txt', hash, 'agent://']) assert.ok(!told.includes(secret));
  assert.equal((await approve(hash)).status, 200);
  assert.equal((await overwriting).result?.['isError'], undefined);
  assert.equal(readFileSync(join(workspace, 'old.txt'), 'utf8'), 'changed');
  const { values: after } = await metricsOf(home, 'application/openmetrics-text');
  assert.equal(after.get('ioi_open_actions{state="pending"}'), 0);
  assert.equal(after.get('ioi_decisions_total{verdict="Approved"}'), 1);
  const text = await exported();
  const report = verify([encodeUtf8(text)]);
  assert.deepEqual(report.findings, []);
  const middle = Math.floor(text.length / 2);
  const other = text[middle] === 'a' ? 'b' : 'a';
  const changed = `${text.slice(0, middle)}${other}${text.slice(middle + 1)}`;
  assert.equal(verify([encodeUtf8(changed)]).ok, false);
});

test('events tell in order what receipts record', async () => {
  const peer = await opened();
  await peer.call('read_text_file', { path: 'old.txt' });
  const text = await eventText('receipt.emitted');
  const kinds = [...text.matchAll(/^event: (.+)$/gm)].map((match) => match[1]);
  const wanted = ['tool.proposed', 'policy.decided', 'tool.started', 'receipt.emitted'];
  assert.deepEqual(kinds, wanted);
  const data = [...text.matchAll(/^data: (.+)$/gm)].map((match) => JSON.parse(match[1] ?? ''));
  assert.ok(data.every(isRuntimeEventEnvelope));
});

test('a log is held against a head remembered earlier, without its entries', async () => {
  const peer = await opened();
  const status = await node.api('GET', '/v1/consistency/1');
  const remembered = (status.body as unknown as ConsistencyProof).note;
  const size = Number(remembered.split('\n')[1]);
  await peer.call('read_text_file', { path: 'old.txt' });
  const { body } = await node.api('GET', `/v1/consistency/${size}`);
  const continued = body as unknown as ConsistencyProof;
  const held = verifyContinues(remembered, continued);
  assert.ok(held.ok && held.value.to > held.value.from);
  assert.equal(verifyContinues(remembered, { ...continued, path: [] }).ok, false);
  assert.equal(verifyContinues(continued.note, { ...continued, note: remembered }).ok, false);
  assert.equal(verifyContinues(remembered, continued, { nodeId: 'node://local/0' }).ok, false);
});

test('a denial by a person is final, and says so', async () => {
  const peer = await opened();
  const asked = peer.call('write_file', { path: 'old.txt', content: 'changed' });
  const body = { request_hash: await pendingHash(), passphrase: PASSPHRASE, note: 'no' };
  assert.equal((await node.guardianApi('POST', '/deny', body)).status, 200);
  assert.equal(codeOf(await asked), 'approval.denied');
  assert.equal(readFileSync(join(workspace, 'old.txt'), 'utf8'), 'old');
});

test('a pause survives SIGKILL of everything; the retry asks nobody again', async () => {
  const first = await opened();
  const asked = first.call('write_file', { path: 'old.txt', content: 'after' }).catch(() => {});
  const hash = await pendingHash();
  await node.stop('SIGKILL');
  await asked;
  node = new NodeProcess(home);
  await node.ready();
  assert.equal(await pendingHash(), hash);
  const second = await opened();
  const retried = second.call('write_file', { path: 'old.txt', content: 'after' });
  assert.equal((await approve(hash)).status, 200);
  assert.equal((await retried).result?.['isError'], undefined);
  assert.equal(readFileSync(join(workspace, 'old.txt'), 'utf8'), 'after');
  const { body } = await node.guardianApi('GET', '/pending');
  assert.deepEqual(body['pending'], []);
});

test('whoever joins a paused call and leaves again changes nothing about it', async () => {
  const ask = (peer: McpPeer) => peer.call('write_file', { path: 'old.txt', content: 'once' });
  const hashes = new Set<string>();
  for (let guest = 0; guest < 3; guest += 1) {
    const peer = await opened();
    const asked = ask(peer).catch(() => {});
    hashes.add(await pendingHash());
    peer.close();
    await asked;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const last = ask(await opened());
  hashes.add(await pendingHash());
  const [hash] = hashes;
  assert.equal(hashes.size, 1, 'a person is asked once');
  assert.equal((await approve(String(hash))).status, 200);
  assert.equal((await last).result?.['isError'], undefined);
  assert.equal(readFileSync(join(workspace, 'old.txt'), 'utf8'), 'once');
  const shown = JSON.stringify((await node.api('GET', `/v1/show/${hash}`)).body);
  assert.equal(shown.split('"operation":"boundary/action.receipt"').length - 1, 1);
});

test('what an agent that left had read is given to nobody', async () => {
  const first = await opened();
  const read = first.call('read_text_file', { path: 'old.txt' }).catch(() => {});
  first.close();
  await read;
  writeFileSync(join(workspace, 'old.txt'), 'newer');
  const again = await (await opened()).call('read_text_file', { path: 'old.txt' });
  assert.match(JSON.stringify(again.result), /newer/);
});

test('an approver that hangs up in the middle harms nobody', async () => {
  const connection = node.openApprovals();
  connection.on('error', () => {});
  connection.write('POST /approve HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
  await new Promise((resolve) => setTimeout(resolve, 50));
  connection.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await node.guardianApi('GET', '/status')).status, 200);
});

test('bad input gets a named error and a receipt, and the session goes on', async () => {
  const peer = await opened();
  assert.equal(codeOf(await peer.call('no_such_tool', {})), 'contract.missing');
  assert.equal(codeOf(await peer.call('write_file', { path: 7 })), 'contract.arguments_invalid');
  const wrong = await peer.call('write_file', { path: 'a\u0000b', content: 'x' });
  assert.equal(codeOf(wrong), 'contract.arguments_invalid');
  const raw = await rawLines(
    '{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}\n{nonsense\n',
  );
  assert.equal(raw.length, 2);
  for (const line of raw) assert.ok(JSON.parse(line).error.code < 0, line);
  const log = await node.api('GET', '/v1/log?limit=50');
  const text = JSON.stringify(log.body);
  for (const code of ['contract.missing', 'contract.arguments_invalid', 'canon.refused']) {
    assert.match(text, new RegExp(code.replace('.', '\\.')), code);
  }
});

test('a frame of 100 MB is refused without holding it', async () => {
  const before = residentMegabytes(node.daemon.pid ?? 0);
  const socket = connect(node.socketPath('mcp'));
  const answered = new Promise<string>((resolve) =>
    socket.once('data', (chunk) => resolve(chunk.toString('utf8'))),
  );
  socket.write('{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"x":"');
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  for (let sent = 0; sent < 100; sent += 1) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  socket.write('"}}\n');
  assert.match(await answered, /"id":9.*error|error.*"id":9/);
  socket.destroy();
  const grown = residentMegabytes(node.daemon.pid ?? 0) - before;
  assert.ok(grown < 200, `grew by ${grown} MB`);
  assert.match(
    JSON.stringify(await (await opened()).call('read_text_file', { path: 'old.txt' })),
    /old/,
  );
});

test('a server that dies in a call leaves an unknown effect, and nothing is repeated', async () => {
  const peer = await opened();
  const died = await peer.call('die', { how: 'after' });
  assert.equal(codeOf(died), 'execution.effect_unknown');
  assert.equal(readFileSync(join(home, 'ledger.txt'), 'utf8'), 'effect\n');
  const again = await peer.call('read_text_file', { path: 'old.txt' });
  assert.match(JSON.stringify(again.result), /old/, 'other servers go on');
  assert.deepEqual(verify([encodeUtf8(await exported())]).findings, []);
});

test('mounted servers are recorded as modules, the node announced, and neither again', async () => {
  const recorded = async (): Promise<string[]> => {
    const entries = (await exported()).matchAll(/"operation":"(governance\/[a-z.]+)"/g);
    return [...entries].map(([, operation = '']) => operation).sort();
  };
  const once = ['governance/module.mount', 'governance/module.mount', 'governance/node.announce'];
  assert.deepEqual(await recorded(), once.sort());
  await node.stop('SIGKILL');
  node = new NodeProcess(home);
  await node.ready();
  assert.deepEqual(await recorded(), once);
  const text = await exported();
  assert.match(text, /"module_id":"module:\/\/local\/filesystem\/[0-9.]+"/);
  assert.match(text, /"module_id":"module:\/\/local\/dying\/1"/);
  assert.deepEqual(verify([encodeUtf8(text)]).findings, []);
});

test('neither process lives without the other', async () => {
  node.guardian.kill('SIGKILL');
  await exited(node.daemon);
  node = new NodeProcess(home);
  await node.ready();
  node.daemon.kill('SIGKILL');
  await exited(node.guardian);
});

test("the guardian's process may not reach out", () => {
  const argv = readFileSync(`/proc/${node.guardian.pid}/cmdline`, 'utf8').split('\0');
  const flags = argv.slice(1).filter((each) => each.startsWith('--'));
  assert.ok(flags.includes('--permission'));
  const probe = `
    const tries = {
      net: () => require('node:net').connect(1, '127.0.0.1'),
      child: () => require('node:child_process').spawnSync('true'),
      read: () => require('node:fs').readFileSync('/etc/hostname'),
      write: () => require('node:fs').writeFileSync(${JSON.stringify(join(home, 'x'))}, ''),
      worker: () => new (require('node:worker_threads').Worker)('', { eval: true }),
    };
    for (const [name, attempt] of Object.entries(tries)) {
      try { const made = attempt(); made?.on?.('error', (e) => console.log(name, e.code)); }
      catch (fault) { console.log(name, fault.code); }
    }`;
  const { stdout } = spawnSync(process.execPath, [...flags, '-e', probe], { encoding: 'utf8' });
  for (const name of ['net', 'child', 'read', 'write', 'worker']) {
    assert.match(stdout, new RegExp(`${name} ERR_ACCESS_DENIED`), name);
  }
});

/** The event stream up to the first event of a kind. */
function eventText(last: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: node.socketPath('daemon'), path: '/v1/events' };
    const sent = get(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
        if (!text.includes(`event: ${last}`)) return;
        sent.destroy();
        resolve(text);
      });
    });
    sent.on('error', reject);
  });
}

function residentMegabytes(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) / 1024;
}

/** Lines a fresh connection answers within a moment. */
function rawLines(text: string): Promise<string[]> {
  return new Promise((resolve) => {
    const socket = connect(node.socketPath('mcp'), () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('utf8');
      const lines = answer.split('\n').filter(Boolean);
      if (lines.length < 2) return;
      socket.destroy();
      resolve(lines);
    });
  });
}
