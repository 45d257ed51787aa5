import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { StepAnswer, WorkerEnd } from '@ioi/protocol';
import fc from 'fast-check';
import { GUEST_LIMITS, type GuestLimits } from '../../core/guest/guest-limits.ts';
import { moduleOf } from '../../testing/wat.ts';
import { GuestHost } from './guest-host.ts';
import { WasmGuest } from './wasm-guest.ts';

const EXAMPLE = new URL('../../../../../examples/wasm-worker/', import.meta.url);
const TASKS = '[{"name":"t","input_schema":{},"output_schema":{}}]';
const IMPORTS = `(import "ioi" "ask" (func $ask (param i32 i32) (result i32)))
  (import "ioi" "say" (func $say (param i32 i32)))`;
const limits: GuestLimits = { ...GUEST_LIMITS, work: 100 };

type Parts = {
  readonly imports?: string;
  readonly memory?: string;
  readonly begin?: string;
  readonly alloc?: string;
  readonly more?: string;
};

/** A whole worker, in which one thing is otherwise. */
function watOf({ imports = IMPORTS, memory = '1', begin = '', alloc, more = '' }: Parts): string {
  return `(module ${imports} (memory (export "memory") ${memory}) ${more}
    (func (export "ioi_alloc") (param i32) (result i32) ${alloc ?? '(i32.const 1024)'})
    (func $begin (export "ioi_begin") (param i32 i32 i32 i32) ${begin})
    (func (export "ioi_settle") (param i32 i32 i32)))`;
}

async function refusalOf(bytes: Uint8Array): Promise<string> {
  const made = await WasmGuest.open({ name: 'worker.wasm', bytes }, limits);
  return made.ok ? 'opened' : made.error.code;
}

/** The code with which a task of it ends; `goes on` where it waits. */
async function endOf(parts: Parts): Promise<string> {
  const bytes = moduleOf(watOf(parts), TASKS);
  const made = await WasmGuest.open({ name: 'worker.wasm', bytes }, limits);
  assert.ok(made.ok, JSON.stringify(made));
  const { end } = made.value.guest.begin('t', '{}');
  return end === undefined ? 'goes on' : codeOf(end);
}

function codeOf(end: WorkerEnd): string {
  return end.kind === 'returned' ? 'returned' : end.code;
}

const say = (text: string): Parts => ({
  more: `(data (i32.const 0) "${text.replaceAll('"', '\\"')}")`,
  begin: `(call $say (i32.const 0) (i32.const ${text.length}))`,
});
const ask = (text: string): Parts => ({
  more: `(data (i32.const 0) "${text.replaceAll('"', '\\"')}")`,
  begin: `(drop (call $ask (i32.const 0) (i32.const ${text.length})))`,
});

test('a module asks step by step, and returns what it made of the answers', async (t) => {
  const bytes = new Uint8Array(readFileSync(new URL('worker.wasm', EXAMPLE)));
  const opened = await GuestHost.open({ name: 'worker.wasm', bytes }, { name: 'reader' });
  assert.ok(opened.ok, JSON.stringify(opened));
  const host = opened.value;
  t.after(() => host.close());
  const asked: unknown[] = [];
  const run = (answer: StepAnswer) =>
    host.invoke({
      ...{ task: 'read', input: { path: 'a.txt' }, signal: new AbortController().signal },
      takeStep: async (step) => {
        asked.push(step);
        return answer;
      },
    });
  const said = await run({ kind: 'done', output: 'a "quoted" text\nof ünicode' });
  assert.deepEqual(said, { kind: 'returned', output: 'a "quoted" text\nof ünicode' });
  assert.deepEqual(asked, [{ index: 0, target: 'fs::read', params: { path: 'a.txt' } }]);
  const large = 'x'.repeat(300_000);
  assert.deepEqual(await run({ kind: 'done', output: large }), { kind: 'returned', output: large });
  const refused = await run({ kind: 'refused', code: 'policy.blocked', message: 'no' });
  assert.ok(refused.kind === 'raised' && refused.code === 'refused');
});

test('the module of the example is what its text comes to', () => {
  const text = readFileSync(new URL('worker.wat', EXAMPLE), 'utf8');
  const tasks = readFileSync(new URL('tasks.json', EXAMPLE), 'utf8');
  const built = moduleOf(text, JSON.stringify(JSON.parse(tasks)));
  assert.deepEqual(built, new Uint8Array(readFileSync(new URL('worker.wasm', EXAMPLE))));
});

test('a module that could not be held to the boundary is refused before it runs', async () => {
  const cases: readonly (readonly [string, Parts])[] = [
    ['guest.not_allowed', { imports: '(import "ioi" "clock" (func))' }],
    ['guest.not_allowed', { imports: '(import "wasi_snapshot_preview1" "fd_write" (func))' }],
    ['guest.not_allowed', { imports: '(import "ioi" "ask" (global i32))' }],
    [
      'guest.not_loaded',
      {
        imports: '(import "ioi" "ask" (func (param i64)))',
        begin: 'unreachable',
        more: '(export "ioi:fuel" (func 0))',
      },
    ],
    ['guest.not_allowed', { more: '(start $begin2) (func $begin2)' }],
    ['guest.not_allowed', { more: '(table 200000 funcref)' }],
    ['guest.not_allowed', { more: '(table 60000 funcref) (table 60000 funcref)' }],
    ['guest.not_allowed', { more: '(table 10 externref)' }],
    [
      'guest.not_allowed',
      { more: '(func (param v128))', begin: '(drop (v128.const i32x4 0 0 0 0))' },
    ],
    [
      'guest.not_allowed',
      { begin: '(return_call $begin (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))' },
    ],
    ['guest.not_allowed', { begin: '(drop (i32.atomic.load (i32.const 0)))' }],
    ['guest.not_allowed', { memory: '1 2 shared' }],
    ['guest.out_of_memory', { memory: '2000' }],
  ];
  for (const [code, parts] of cases) {
    assert.equal(await refusalOf(moduleOf(watOf(parts), TASKS)), code, JSON.stringify(parts));
  }
  assert.equal(await refusalOf(moduleOf(watOf({}), undefined)), 'guest.no_task');
  assert.equal(await refusalOf(moduleOf(watOf({}), '[]')), 'guest.no_task');
  assert.equal(await refusalOf(moduleOf(watOf({}), '[{"name":"t"}]')), 'guest.bad_task');
  assert.equal(await refusalOf(moduleOf('(module (memory 1))', TASKS)), 'guest.not_loaded');
  assert.equal(await refusalOf(new TextEncoder().encode('no module')), 'guest.no_task');
});

test('a type that the reader of code would misread is refused, and hides no loop', async () => {
  // The second byte of `(ref null 1)` is an instruction to who takes the first for all of it, and
  // what counts, put between them, is one that takes without looking whether any is left.
  const ref = [0x63, 0x01];
  const rounds = [0x41, 0x80, 0xf7, 0x85, 0x7f, 0x21, 0x00];
  const round = [
    0x20, 0x00, 0x41, 0x01, 0x6a, 0x22, 0x00, 0x45, 0x0d, 0x01, 0x0c, 0x00, 0x0b, 0x1a,
  ];
  const inLoop = [0x00, ...rounds, 0x02, 0x40, 0x03, ...ref, ...round, 0x0b, 0x0b];
  assert.equal(await refusalOf(rawModule({ hidden: inLoop })), 'guest.not_allowed');
  const longLoop = [0x00, ...rounds, 0x02, 0x40, 0x03, 0xe3, 0x7f, 0x01, ...round, 0x0b, 0x0b];
  assert.match(await refusalOf(rawModule({ hidden: longLoop })), /^guest\.not_(allowed|loaded)$/);
  const inLocals = [0x01, 0x01, ...ref, 0x0b];
  assert.equal(await refusalOf(rawModule({ hidden: inLocals })), 'guest.not_allowed');
  // A table that says what it begins with: 10,000,000 entries, where 112 were read.
  const table = [0x01, 0x40, 0x00, 0x70, 0x00, 0x80, 0xad, 0xe2, 0x04, 0xd0, 0x70, 0x0b];
  assert.equal(await refusalOf(rawModule({ table })), 'guest.not_allowed');
  assert.equal(await refusalOf(rawModule({})), 'opened');
});

/** Of 36 types and 32 globals, with a function of 70 parameters that `ioi_begin` calls. */
function rawModule({ hidden = [0x00, 0x0b], table }: { hidden?: number[]; table?: number[] }) {
  const size = (count: number): number[] => [(count & 0x7f) | 0x80, count >> 7];
  const section = (id: number, ...bytes: number[]): number[] => [
    id,
    ...size(bytes.length),
    ...bytes,
  ];
  const many = (count: number, ...bytes: number[]): number[] => Array(count).fill(bytes).flat();
  const named = (name: string, ...what: number[]): number[] => {
    return [name.length, ...Buffer.from(name), ...what];
  };
  const taking = (count: number): number[] => [0x60, count, ...many(count, 0x7f)];
  const nothing = [...taking(0), 0];
  const types = [...taking(1), 1, 0x7f, ...nothing, ...taking(4), 0, ...taking(3), 0];
  const begin = [0, ...many(70, 0x41, 0x00), 0x10, 0x03, 0x0b];
  const bodies = [[0, 0x41, 0x08, 0x0b], begin, [0, 0x0b], hidden];
  const name = named('ioi:tasks', ...Buffer.from(TASKS));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, 36, ...types, ...taking(70), 0, ...many(31, ...nothing)),
    ...section(3, 4, 0, 2, 3, 4),
    ...(table === undefined ? [] : section(4, ...table)),
    ...section(5, 1, 0, 1),
    ...section(6, 32, ...many(32, 0x7f, 0x01, 0x41, 0x00, 0x0b)),
    ...section(
      ...[7, 4, ...named('memory', 2, 0), ...named('ioi_alloc', 0, 0)],
      ...[...named('ioi_begin', 0, 1), ...named('ioi_settle', 0, 2)],
    ),
    ...section(10, 4, ...bodies.flatMap((body) => [...size(body.length), ...body])),
    ...section(0, ...name),
  ]);
}

test('a hostile module ends by its own limits, in a named code', async () => {
  const cases: readonly (readonly [string, Parts])[] = [
    ['guest.out_of_time', { begin: '(loop $on (br $on))' }],
    ['guest.out_of_time', { begin: '(loop $on (call $begin2) (br $on))', more: '(func $begin2)' }],
    [
      'guest.out_of_stack',
      { begin: '(call $deep)', more: '(func $deep (call $deep) (call $deep))' },
    ],
    [
      'goes on',
      { begin: '(loop $on (br_if $on (i32.ne (i32.const -1) (memory.grow (i32.const 64)))))' },
    ],
    ['guest.trapped', { begin: '(i32.store (i32.const -8) (i32.const 1))' }],
    ['guest.trapped', { begin: '(drop (i32.div_u (i32.const 1) (i32.const 0)))' }],
    ['guest.bad_pointer', { begin: '(call $say (i32.const -1) (i32.const 8))' }],
    ['guest.bad_pointer', { begin: '(call $say (i32.const 0) (i32.const -1))' }],
    ['guest.bad_pointer', { alloc: '(i32.const -1)' }],
    [
      'guest.bad_text',
      { more: '(data (i32.const 0) "\\ff")', begin: '(call $say (i32.const 0) (i32.const 1))' },
    ],
    ['guest.bad_step', ask('{"target":"no","params":{}}')],
    ['guest.bad_step', ask('not json')],
    [
      'guest.too_many_steps',
      {
        ...ask('{"target":"fs::read","params":{}}'),
        begin: `(loop $on ${ask('{"target":"fs::read","params":{}}').begin} (br $on))`,
      },
    ],
    ['guest.bad_answer', say('{"kind":"returned"}')],
    ['guest.bad_answer', say('{"kind":"completed","output":1}')],
    ['returned', say('{"kind":"returned","output":1}')],
  ];
  for (const [code, parts] of cases) assert.equal(await endOf(parts), code, JSON.stringify(parts));
});

test('what counts its work cannot be reached by the module that is counted', async () => {
  const forged = { begin: '(global.set $mine (i32.const 0)) (loop $on (br $on))' };
  const own = '(global $mine (mut i32) (i32.const 7))';
  assert.equal(await endOf({ ...forged, more: own }), 'guest.out_of_time');
  // The index after its own globals is that of the count, once there is one.
  const bytes = moduleOf(watOf({ begin: '(global.set $mine (i32.const 0))', more: own }), TASKS);
  const at = Buffer.from(bytes).lastIndexOf(Buffer.from([0x41, 0x00, 0x24, 0x00]));
  assert.ok(at > 0);
  bytes[at + 3] = 0x01;
  assert.equal(await refusalOf(bytes), 'guest.not_loaded');
});

test('the same work is counted the same, however often it runs', async () => {
  const loop = (rounds: number): Parts => ({
    more: '(global $n (mut i32) (i32.const 0))',
    begin: `(loop $on (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (br_if $on (i32.lt_u (global.get $n) (i32.const ${rounds}))))`,
  });
  // One for each call, of `ioi_alloc` twice and `ioi_begin`, and one for each round.
  const most = limits.work * 10_000 - 3;
  for (let time = 0; time < 3; time += 1) {
    assert.equal(await endOf(loop(most)), 'goes on');
    assert.equal(await endOf(loop(most + 1)), 'guest.out_of_time');
  }
});

test('no bytes make it throw, and none that were changed have another way out', async () => {
  const whole = moduleOf(watOf(say('{"kind":"returned","output":1}')), TASKS);
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 4 }),
      fc.nat(20),
      async (all, cut) => {
        const bytes = whole.slice(0, whole.length - (cut > 10 ? cut : 0));
        for (const [at, value] of all) bytes[at] = value;
        const made = await WasmGuest.open({ name: 'worker.wasm', bytes }, limits);
        if (made.ok) made.value.guest.begin('t', '{}');
        else assert.match(made.error.code, /^guest\./);
      },
    ),
    { numRuns: 2000 },
  );
});
