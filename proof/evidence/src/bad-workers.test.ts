import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestNode } from '@ioi/cli/testing';
import type { WorkerRunStatus } from '@ioi/protocol';
import { PYTHON_SDK } from '@ioi/python';
import { moduleOf } from '@ioi/workers/testing/wat';

// Whatever a worker does, its run ends by name, with a receipt over its end and the log whole.

const node = new TestNode();
const files = { guest: '', wasm: '', python: '' };
let how: readonly string[] = [];
const SECRET = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;
const FORGED = `receipt_${'0'.repeat(32)}`;
type Kind = keyof typeof files;

const GUEST = `
const input = { type: 'object' };
const task = (name, output, run) => ioi.task(name, { input, output }, run);
task('loop', {}, () => { for (;;); });
task('fill', {}, () => { const all = []; for (;;) all.push(new Uint8Array(1e6)); });
task('tell', {}, ({ secret }) => { throw new Error('it was ' + secret); });
task('forge', { type: 'object' }, async ({ receipt }, agent) => {
  await agent.step('receipt::emit', { receipt_id: receipt }).catch(() => {});
  return { kind: 'returned', receipt_id: receipt, satisfied: true };
});
task('lie', { type: 'integer' }, () => 'three');
`;

const PYTHON = `from ioi_sdk import Agent

agent = Agent(name="bad")


@agent.task
def loop(secret: str, receipt: str) -> str:
    while True:
        pass


@agent.task
def fill(secret: str, receipt: str) -> str:
    held = []
    while True:
        held.append(bytearray(1 << 28))


@agent.task
def tell(secret: str, receipt: str) -> str:
    print(secret)
    raise ValueError("it was " + secret)


@agent.task
def forge(secret: str, receipt: str) -> str:
    agent.wire._tell("task/returned", {"output": "ok", "receipt_id": receipt, "satisfied": True})
    return "ok"


@agent.task
def lie(secret: str, receipt: str) -> int:
    return "three"
`;

const TASKS = [
  ...['loop', 'fill', 'tell', 'forge'].map((name) => {
    return { name, input_schema: { type: 'object' }, output_schema: {} };
  }),
  { name: 'lie', input_schema: { type: 'object' }, output_schema: { type: 'integer' } },
];
const text = (value: object): string => JSON.stringify(value).replaceAll('"', '\\"');
const TOLD = { kind: 'raised', code: 'told', message: `it was ${SECRET}` };
const STEP = { target: 'receipt::emit', params: { receipt_id: FORGED } };
const LIE = { kind: 'returned', output: 'three' };
const END = { kind: 'returned', output: 1, receipt_id: FORGED, satisfied: true };
const TEXTS = [TOLD, STEP, LIE, END].map(text);
const [told = '', step = '', lie = '', end = ''] = TEXTS;
const sizeOf = (each: string): number => each.replaceAll('\\"', '"').length;
const say = (at: number, each: string): string =>
  `(call $say (i32.const ${at}) (i32.const ${sizeOf(each)}))`;

/** Its tasks are told apart by their second letter: l(o)op, f(i)ll, t(e)ll, f(o)rge, l(i)e. */
const MODULE = `(module
  (import "ioi" "ask" (func $ask (param i32 i32) (result i32)))
  (import "ioi" "say" (func $say (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "${told}") (data (i32.const 1000) "${step}")
  (data (i32.const 2000) "${lie}") (data (i32.const 3000) "${end}")
  (global $next (mut i32) (i32.const 8000))
  (func (export "ioi_alloc") (param i32) (result i32)
    (global.set $next (i32.add (global.get $next) (local.get 0)))
    (i32.sub (global.get $next) (local.get 0)))
  (func (export "ioi_begin") (param $task i32) (param i32 i32 i32)
    (local $name i32)
    (local.set $name (i32.load (local.get $task)))
    (if (i32.eq (local.get $name) (i32.const 0x706f6f6c)) (then (loop $on (br $on))))
    (if (i32.eq (local.get $name) (i32.const 0x6c6c6966)) (then
      (loop $on
        (if (i32.eq (i32.const -1) (memory.grow (i32.const 16))) (then unreachable))
        (br $on))))
    (if (i32.eq (local.get $name) (i32.const 0x6c6c6574)) (then ${say(0, told)}))
    (if (i32.eq (local.get $name) (i32.const 0x67726f66))
      (then (drop (call $ask (i32.const 1000) (i32.const ${sizeOf(step)})))))
    (if (i32.eq (i32.and (local.get $name) (i32.const 0xffffff)) (i32.const 0x65696c))
      (then ${say(2000, lie)})))
  (func (export "ioi_settle") (param i32 i32 i32) ${say(3000, end)}))`;

before(async () => {
  const folder = join(node.folder, 'bad');
  mkdirSync(folder);
  files.guest = join(folder, 'bad.guest.js');
  writeFileSync(files.guest, GUEST);
  files.wasm = join(folder, 'bad.wasm');
  writeFileSync(files.wasm, moduleOf(MODULE, JSON.stringify(TASKS)));
  files.python = join(folder, 'bad.py');
  writeFileSync(files.python, PYTHON);
  cpSync(fileURLToPath(PYTHON_SDK), join(folder, 'ioi_sdk'), { recursive: true });
  assert.equal((await node.init()).code, 0);
  assert.equal((await node.ioi('up', '--detach')).code, 0);
  assert.equal((await node.activate()).code, 0);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  how = available ? [] : ['--unconfined'];
});

after(() => node.close());

async function runOf(kind: Kind, task: string): Promise<WorkerRunStatus> {
  const input = ['--input', JSON.stringify({ secret: SECRET, receipt: FORGED })];
  const more = task === 'loop' ? ['--deadline', '3'] : [];
  const asked = ['--task', task, ...input, '--workspace', node.workspace, ...more, ...how];
  const ran = await node.ioi('worker', 'run', files[kind], ...asked, '--json');
  assert.ok(ran.stdout !== '', ran.stderr);
  return JSON.parse(ran.stdout) as WorkerRunStatus;
}

const ENDS = {
  loop: { guest: 'run.deadline', wasm: 'run.deadline', python: 'run.deadline' },
  fill: { guest: 'guest.out_of_memory', wasm: 'guest.trapped', python: 'worker.raised' },
  tell: { guest: 'worker.raised', wasm: 'worker.raised', python: 'worker.raised' },
  forge: { guest: '', wasm: '', python: 'worker.protocol' },
  lie: { guest: 'run.output_invalid', wasm: 'run.output_invalid', python: 'run.output_invalid' },
} satisfies Readonly<Record<string, Readonly<Record<Kind, string>>>>;

test('one that loops ends by name, of each kind, with a receipt', (t) => ends(t, 'loop'));
test('one that takes memory without end ends by name, of each kind, with a receipt', (t) =>
  ends(t, 'fill'));
test('one that prints a secret ends by name, of each kind, with a receipt', (t) => ends(t, 'tell'));
test('one that forges a receipt has none, of each kind', (t) => ends(t, 'forge'));
test('one that answers the wrong schema ends by name, of each kind, with a receipt', (t) =>
  ends(t, 'lie'));

async function ends(t: TestContext, task: keyof typeof ENDS): Promise<void> {
  const codes = ENDS[task];
  for (const kind of ['guest', 'wasm', 'python'] as const) {
    if (task === 'fill' && kind === 'python' && how.length > 0) {
      t.diagnostic('without a sandbox nobody bounds the memory of a process');
      continue;
    }
    const status = await runOf(kind, task);
    assert.equal(status.code ?? '', codes[kind], `${kind}: ${JSON.stringify(status)}`);
    assert.ok(status.completion && status.commitment, kind);
    assert.equal(status.completion.acts, '0', 'what it says of itself is no act');
    assert.equal(status.envelope.state, codes[kind] === '' ? 'completed' : 'failed');
    assert.ok(!(status.detail ?? '').includes(SECRET), kind);
  }
}

test('of what they printed and forged nothing is in the log, which verifies', async () => {
  const out = join(node.folder, 'log.jsonl');
  assert.equal((await node.ioi('export', '--out', out)).code, 0);
  const log = readFileSync(out, 'utf8');
  assert.ok(!log.includes(SECRET) && !log.includes(FORGED));
  assert.equal((await node.ioi('verify', out)).code, 0);
});
