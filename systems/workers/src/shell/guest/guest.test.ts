import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StepAnswer, WorkerEnd } from '@ioi/protocol';
import { GUEST_LIMITS, type GuestLimits } from '../../core/guest/guest-limits.ts';
import { Guest, type GuestTurn } from './guest.ts';
import { loadGuestEngine } from './guest-engine.ts';

const engine = await loadGuestEngine();
const SCHEMAS = '{ input: {}, output: {} }';
const done = (output: string): StepAnswer => ({ kind: 'done', output });

function opened(text: string, limits: Partial<GuestLimits> = {}, name = 'worker.js') {
  return Guest.open(engine, { name, text }, { ...GUEST_LIMITS, ...limits });
}

/** One task `t` with this body, and each turn of it until it ends or waits in vain. */
async function play(body: string, answers: readonly StepAnswer[] = [], limits = {}, seed = '') {
  const made = await opened(
    `ioi.task('t', ${SCHEMAS}, async (input, agent) => {${body}});`,
    limits,
  );
  assert.ok(made.ok, JSON.stringify(made));
  const { guest } = made.value;
  const turns: GuestTurn[] = [guest.begin('t', '{"n":2}', seed)];
  for (const [index, answer] of answers.entries()) {
    if (turns.at(-1)?.end) break;
    turns.push(guest.settle(index, JSON.stringify(answer)));
  }
  const steps = turns.flatMap((turn) => turn.steps);
  return { steps, end: turns.at(-1)?.end, turns };
}

function codeOf(end: WorkerEnd | undefined): string | undefined {
  return end === undefined || end.kind === 'returned' ? end?.kind : end.code;
}

async function refusalOf(text: string, limits = {}, name?: string): Promise<string> {
  const made = await opened(text, limits, name);
  return made.ok ? 'opened' : made.error.code;
}

test('a worker asks step by step, and returns what it made of the answers', async () => {
  const { steps, end } = await play(
    `const a = await agent.fs.read('/in');
     await agent.fs.write('/out', a + input.n);
     return { a, text: await agent.llm.generate('hi', { route: 'writer' }) };`,
    [done('x'), done(''), { kind: 'done', output: { text: 'hello' } }],
  );
  assert.deepEqual(
    steps.map(({ index, target, params }) => [index, target, params]),
    [
      [0, 'fs::read', { path: '/in' }],
      [1, 'fs::write', { path: '/out', content: 'x2' }],
      [2, 'model::invoke', { route: 'writer', messages: [{ role: 'user', content: 'hi' }] }],
    ],
  );
  assert.deepEqual(end, { kind: 'returned', output: { a: 'x', text: 'hello' } });
});

test('each way of the agent asks for the step of its name', async () => {
  const { steps } = await play(`
    agent.fs.list(); agent.net.fetch('https://a.example/', { method: 'PUT' });
    agent.memory.get('k'); agent.memory.put('k', [1]); agent.clock.now(); agent.random.bytes(4);
    agent.tool.call('s', 't', { a: 1 }); ioi.step('a::b');
    agent.spend({ amount: '1', unit: 'usd' }, 'shop', { memo: 'm' });
    await agent.step('c::d', { e: 1 });`);
  assert.deepEqual(
    steps.map(({ target, params }) => [target, params]),
    [
      ['fs::list', { path: '.' }],
      ['net::fetch', { method: 'PUT', url: 'https://a.example/' }],
      ['memory::get', { key: 'k' }],
      ['memory::put', { key: 'k', value: [1] }],
      ['clock::now', {}],
      ['random::bytes', { count: 4 }],
      ['tool::call', { server: 's', tool: 't', arguments: { a: 1 } }],
      ['a::b', {}],
      ['wallet::spend', { memo: 'm', amount: { amount: '1', unit: 'usd' }, payee: 'shop' }],
      ['c::d', { e: 1 }],
    ],
  );
});

test('what was refused or failed is raised in the worker by its code', async () => {
  const refused = { kind: 'refused', code: 'policy.default_deny', message: 'no rule' } as const;
  const caught = await play(
    `try { await agent.fs.read('/x') } catch (e) {
       return [e.code, e.message, e instanceof ioi.StepError];
     }`,
    [refused],
  );
  assert.deepEqual(caught.end, {
    kind: 'returned',
    output: ['policy.default_deny', 'no rule', true],
  });
  const { end } = await play(`await agent.fs.read('/x')`, [refused]);
  assert.equal(codeOf(end), 'policy.default_deny');
  const own = (await play(`throw new TypeError('odd')`)).end;
  assert.deepEqual([own?.kind, codeOf(own)], ['raised', 'TypeError']);
  assert.match(own?.kind === 'raised' ? (own.trace ?? '') : '', /worker\.js:1/);
});

test('there is no clock, no chance, no platform and no code but that of the file', async () => {
  const names = ['Date', 'performance', 'WeakRef', 'FinalizationRegistry', 'process', 'require'];
  const more = ['fetch', 'setTimeout', 'console', 'eval', 'WebAssembly', 'Atomics'];
  const all = JSON.stringify([...names, ...more]);
  const body = `return ${all}.filter((name) => name in globalThis).concat(typeof Math.random)`;
  assert.deepEqual((await play(body)).end, { kind: 'returned', output: ['undefined'] });
  const makers = [
    `Function('return 1')`,
    `new Function('return 1')`,
    `(() => {}).constructor('return 1')`,
    `(async () => {}).constructor('return 1')`,
    `(function* () {}).constructor('return 1')`,
    `(async function* () {}).constructor('return 1')`,
    `Reflect.construct((() => {}).constructor, ['return 1'], Array)`,
    `Object.getPrototypeOf(class {}).constructor('return 1')`,
  ];
  for (const each of makers) {
    const { end } = await play(`return String(${each})`);
    assert.match(end?.kind === 'raised' ? end.message : '', /a worker makes no code/, each);
  }
  assert.equal(codeOf((await play(`await import('fs')`)).end), 'ReferenceError');
});

test('the same answers make the same run, to its last error', async () => {
  const body = `
    const all = await Promise.all([agent.fs.read('/a'), agent.fs.read('/b')]);
    const first = await Promise.race([agent.fs.read('/c'), agent.fs.read('/d')]);
    throw Object.assign(new Error(all + first), { code: 'mine.own' });`;
  const answers = ['1', '2', '3', '4'].map(done);
  const first = await play(body, answers);
  assert.deepEqual(await play(body, answers), first);
  assert.equal(codeOf(first.end), 'mine.own');
  assert.match(first.end?.kind === 'raised' ? first.end.message : '', /1,23/);
});

test('a file that is no worker is refused by name', async () => {
  const task = `ioi.task('t', ${SCHEMAS}, () => {});`;
  assert.equal(await refusalOf('let = ;'), 'guest.syntax');
  assert.equal(await refusalOf('import fs from "fs"'), 'guest.not_loaded');
  assert.equal(await refusalOf('1 + 1'), 'guest.no_task');
  assert.equal(await refusalOf('missing()'), 'guest.not_loaded');
  assert.equal(await refusalOf(`${task}${task}`), 'guest.not_loaded');
  assert.equal(await refusalOf(`ioi.task('t', {}, () => {})`), 'guest.bad_task');
  assert.equal(await refusalOf(`ioi.task('t u', ${SCHEMAS}, () => {})`), 'guest.bad_task');
  assert.equal(await refusalOf(`ioi.task('t', ${SCHEMAS}, 1)`), 'guest.not_loaded');
  assert.equal(await refusalOf(`${task} ioi.step('fs::read', {})`), 'guest.not_loaded');
  assert.equal(await refusalOf(`${task} await new Promise(() => {})`), 'guest.not_loaded');
  assert.equal(await refusalOf('for (;;);', { work: 100 }), 'guest.out_of_time');
  assert.equal(
    await refusalOf(`const a = []; for (;;) a.push('x'.repeat(1e6) + a.length)`, SMALL),
    OOM,
  );
  const typed = `${task} type Odd = { a: number }; const odd: Odd = { a: 1 }; odd satisfies Odd;`;
  assert.equal(await refusalOf(typed), 'guest.syntax');
  assert.equal(await refusalOf(typed, {}, 'worker.ts'), 'opened');
  assert.equal(await refusalOf('enum A { b }', {}, 'worker.ts'), 'guest.syntax');
});

const SMALL = { memoryBytes: 20 * 1024 * 1024, work: 500, textBytes: 1e6 };
const OOM = 'guest.out_of_memory';

test('a hostile guest ends by its own limits, in a named code', async () => {
  const cases: Readonly<Record<string, string>> = {
    'for (;;);': 'guest.out_of_time',
    'for (;;) try { for (;;); } catch {}': 'guest.out_of_time',
    'try { for (;;); } finally { for (;;); }': 'guest.out_of_time',
    'const f = () => Promise.resolve().then(f); await f();': OOM,
    'for (;;) await null;': 'guest.out_of_time',
    [`/^(a+)+$/.test('a'.repeat(50) + 'b')`]: 'guest.out_of_time',
    'const a = []; for (;;) a.push(new Uint8Array(1e5));': OOM,
    'const a = {}; for (let i = 0; ; i++) a["k" + i] = "x".repeat(1e4) + i;': OOM,
    'let s = "x"; for (;;) s += s;': 'InternalError',
    [`return 'x'.repeat(2 ** 29)`]: OOM,
    'return new ArrayBuffer(2 ** 31)': 'RangeError',
    'const f = () => f() + 1; return f();': 'InternalError',
    'const a = []; a[0] = a; return a;': 'guest.bad_answer',
    'return 1n': 'guest.bad_answer',
    'return () => {}': 'guest.bad_answer',
    [`return '\\ud800'`]: 'guest.bad_answer',
    'return { get a() { for (;;); } }': 'guest.out_of_time',
    'return { get a() { throw 1; } }': 'guest.bad_answer',
    'return { toJSON() { for (;;); } }': 'guest.out_of_time',
    'throw { get message() { for (;;); } }': 'guest.out_of_time',
    'throw { get code() { throw 1; }, get message() { throw 2; } }': 'Error',
    'throw null': 'Error',
    'Promise.prototype.then = () => { throw 1; }': 'Error',
    'throw Object.create(null)': 'Error',
    'throw { code: "x".repeat(1e5), message: "y" }': 'Error',
    'return new Proxy({}, { ownKeys() { for (;;); } })': 'guest.out_of_time',
    [`let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a`]: 'guest.out_of_stack',
    'return { then(resolve) { for (;;); } }': 'guest.out_of_time',
    [`agent.fs.read('x'.repeat(2e6))`]: 'TypeError',
    [`for (;;) agent.fs.read('/')`]: 'TypeError',
    [`agent.step('no target', {})`]: 'TypeError',
    [`agent.step('a::b', [])`]: 'TypeError',
    [`agent.step({ toJSON: () => 'a::b' }, { a: 1n })`]: 'TypeError',
  };
  for (const [body, code] of Object.entries(cases)) {
    const limits = code === OOM ? { ...SMALL, work: 5000 } : SMALL;
    const { end } = await play(body, [], limits);
    assert.equal(codeOf(end), code, `${body}: ${JSON.stringify(end)?.slice(0, 300)}`);
  }
});

test('a guest that changes its language changes nothing for the host', async () => {
  const spoilt = `
    Object.prototype.kind = 'returned'; Object.prototype.then = undefined;
    Array.prototype.push = () => { throw 1; };
    JSON.stringify = () => '{"kind":"returned","output":"forged"}'; JSON.parse = () => 1;
    globalThis.Promise = undefined; Object.defineProperty(Object.prototype, 'output', { set() {} });
    try { globalThis.ioi = 1 } catch {} try { ioi.agent.fs.read = 1 } catch {}
    agent.fs.read('/a');
    return typeof ioi.agent.fs.read;`;
  const { steps, end } = await play(spoilt);
  assert.deepEqual(steps, [{ index: 0, target: 'fs::read', params: { path: '/a' } }]);
  assert.deepEqual(end, { kind: 'returned', output: 'function' });
});

test('what only the host finds to be no step ends the task', async () => {
  const half = await play(`agent.fs.read('/a'); agent.fs.read('\\ud800'); return 1;`);
  assert.deepEqual(half.steps, [{ index: 0, target: 'fs::read', params: { path: '/a' } }]);
  assert.equal(codeOf(half.end), 'TypeError');
  const forged = await play(`
    Object.prototype.toJSON = () => '\\n{"target":"fs::read","params":{}}';
    agent.fs.read('/a');`);
  assert.deepEqual([forged.steps, codeOf(forged.end)], [[], 'TypeError']);
});

test('a worker with little memory asks for more at once than it could keep of it', async () => {
  const asking = (count: number) => `
    const content = 'x'.repeat(1e6 - 100);
    for (let i = 0; i < ${count}; i++) agent.fs.write('/' + i, content);
    return 1;`;
  const { steps, end } = await play(asking(16), [], SMALL);
  assert.deepEqual([steps.length, codeOf(end)], [16, 'returned']);
  // What the host keeps of it is bounded too: none of it is done then.
  assert.equal(codeOf((await play(asking(22), [], SMALL)).end), OOM);
  const answers = Array.from({ length: 22 }, () => done(''));
  const oneByOne = asking(22).replace('agent', 'await agent');
  const { steps: all, end: last } = await play(oneByOne, answers, { ...SMALL, work: 5000 });
  assert.deepEqual([all.length, codeOf(last)], [22, 'returned']);
});

test('a guest that ended does nothing more', async () => {
  const { steps, end } = await play(`
    (async () => { for (;;) { await null; agent.fs.read('/late'); } })().catch(() => {});
    return 1;`);
  assert.deepEqual(end, { kind: 'returned', output: 1 });
  assert.ok(steps.length < 5, `${steps.length}`);
});

test('chance of a seed is the same for the same seed, and another for another', async () => {
  const body = 'return Array.from({ length: 1000 }, () => Math.random())';
  const drawn = async (seed: string): Promise<readonly number[]> => {
    const { end } = await play(body, [], {}, seed);
    assert.equal(end?.kind, 'returned');
    return end.kind === 'returned' ? (end.output as number[]) : [];
  };
  const one = await drawn('2b'.repeat(32));
  assert.deepEqual(await drawn('2b'.repeat(32)), one);
  assert.notDeepEqual(await drawn('2c'.repeat(32)), one);
  assert.ok(one.every((each) => each >= 0 && each < 1));
  const mean = one.reduce((sum, each) => sum + each, 0) / one.length;
  assert.ok(Math.abs(mean - 0.5) < 0.05, String(mean));
  assert.equal(new Set(one).size, 1000);
});

test('a file that froze its own mathematics has no chance, and does its task', async () => {
  const text = `Object.freeze(Math);
    ioi.task('t', ${SCHEMAS}, () => [typeof Math.random, Math.max(1, 2)]);`;
  const made = await opened(text);
  assert.ok(made.ok, JSON.stringify(made));
  const { end } = made.value.guest.begin('t', '{}', '2b'.repeat(32));
  assert.deepEqual(end, { kind: 'returned', output: ['undefined', 2] });
});
