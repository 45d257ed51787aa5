import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8, seededRandom } from '@ioi/basis';
import type { Json } from '@ioi/canon';
import { LineSplitter } from '@ioi/jsonrpc';
import { answerStep, GREETING, giveTask, hear, type Talk } from './index.ts';

const TASK = { name: 'go', input_schema: { type: 'object' }, output_schema: {} };
const HELLO = { wire: 1, name: 'example', tasks: [TASK] };
const IDLE: Talk = { phase: 'idle' };
const WORKING: Talk = { phase: 'working', nextStep: 0 };

function lineOf(value: Json) {
  return { kind: 'line', bytes: encodeUtf8(JSON.stringify(value)) } as const;
}

function told(method: string, params: Json) {
  return lineOf({ jsonrpc: '2.0', method, params });
}

function step(index: number, target = 'fs::read', params: Json = {}) {
  return lineOf({ jsonrpc: '2.0', id: index, method: 'step', params: { index, target, params } });
}

function faultOf(talk: Talk, frame: Parameters<typeof hear>[1]): string {
  const [after, heard] = hear(talk, frame);
  assert.equal(heard.kind, 'broken', JSON.stringify(heard));
  assert.equal(after.phase, 'over');
  return heard.kind === 'broken' ? heard.fault.code : '';
}

test('hello, a task, its steps in order and its end are one conversation', () => {
  const [idle, described] = hear(GREETING, told('worker/hello', HELLO));
  assert.deepEqual(described, {
    kind: 'described',
    description: { name: 'example', tasks: [TASK] },
  });
  const [working, line] = giveTask(idle, 'go', { url: 'https://example.org' });
  assert.equal(
    line,
    '{"jsonrpc":"2.0","method":"task/invoke",' +
      '"params":{"task":"go","input":{"url":"https://example.org"}}}',
  );
  const [asking, asked] = hear(working, step(0, 'fs::read', { path: 'a' }));
  assert.deepEqual(asked, {
    kind: 'asked',
    step: { index: 0, target: 'fs::read', params: { path: 'a' } },
  });
  const [again, answer] = answerStep(asking, { kind: 'done', output: 'text', receipt_id: 'r' });
  assert.equal(answer, '{"jsonrpc":"2.0","id":0,"result":{"output":"text","receipt_id":"r"}}');
  const [second] = hear(again, step(1));
  const refusal = { kind: 'refused', code: 'policy.blocked', message: 'no' } as const;
  const [last, refused] = answerStep(second, refusal);
  assert.deepEqual(JSON.parse(refused).error, {
    code: -32001,
    message: 'no',
    data: { kind: 'refused', code: 'policy.blocked' },
  });
  const [over, ended] = hear(last, told('task/returned', { output: [1] }));
  assert.deepEqual(ended, { kind: 'ended', end: { kind: 'returned', output: [1] } });
  assert.deepEqual(over, IDLE);
});

test('what is said out of turn has a name', () => {
  assert.equal(faultOf(IDLE, told('worker/hello', HELLO)), 'worker.protocol');
  assert.equal(faultOf(GREETING, step(0)), 'worker.protocol');
  assert.equal(faultOf(IDLE, told('task/returned', { output: 1 })), 'worker.protocol');
  assert.equal(faultOf(IDLE, step(0)), 'worker.step_out_of_order');
  assert.equal(faultOf(WORKING, step(1)), 'worker.step_out_of_order');
  const asking: Talk = { phase: 'asking', step: 0 };
  assert.equal(faultOf(asking, step(1)), 'worker.step_out_of_order');
  assert.equal(faultOf(asking, told('task/returned', { output: 1 })), 'worker.step_out_of_order');
});

test('a hello that is not whole, of another version or with equal tasks is refused', () => {
  const hellos: Json[] = [
    { ...HELLO, wire: 2 },
    { ...HELLO, wire: '1' },
    { ...HELLO, name: 'no name' },
    { ...HELLO, tasks: [] },
    { ...HELLO, tasks: [TASK, TASK] },
    { ...HELLO, tasks: [{ ...TASK, output_schema: true }] },
    { ...HELLO, tasks: [{ name: 'go', input_schema: {} }] },
    { ...HELLO, more: 1 },
    { wire: 1 },
  ];
  for (const each of hellos) {
    assert.equal(faultOf(GREETING, told('worker/hello', each)), 'worker.protocol');
  }
});

test('a step with other members, another id or no target is refused', () => {
  const params = { index: 0, target: 'fs::read', params: {} };
  const lines: Json[] = [
    { jsonrpc: '2.0', id: 1, method: 'step', params },
    { jsonrpc: '2.0', id: 0, method: 'step', params: { ...params, more: 1 } },
    { jsonrpc: '2.0', id: 0, method: 'step', params: { ...params, target: 'read' } },
    { jsonrpc: '2.0', id: 0, method: 'step', params: { ...params, params: [] } },
    { jsonrpc: '2.0', id: 0.5, method: 'step', params: { ...params, index: 0.5 } },
    { jsonrpc: '2.0', id: 0, method: 'tools/call', params },
    { jsonrpc: '2.0', method: 'step', params },
    { jsonrpc: '2.0', id: 0, result: {} },
  ];
  for (const each of lines) assert.equal(faultOf(WORKING, lineOf(each)), 'worker.protocol');
});

test('a message that is too long is cut, a line that is too long ends it', () => {
  const raised = { code: 'KeyError', message: 'x'.repeat(9000), trace: `${'t'.repeat(20_000)}end` };
  const [, heard] = hear(WORKING, told('task/raised', raised));
  assert.ok(heard.kind === 'ended' && heard.end.kind === 'raised');
  assert.equal(heard.end.message.length, 4096);
  assert.equal(heard.end.trace?.length, 16 * 1024);
  assert.ok(heard.end.trace?.endsWith('end'));
  const [frame] = new LineSplitter({ maxBytes: 10 }).push(encodeUtf8('0123456789abc\n'));
  assert.equal(faultOf(WORKING, frame!), 'worker.too_much');
});

test('no bytes make it throw, and none that were changed pass for another step', () => {
  const random = seededRandom(0x51de);
  const whole = step(0, 'fs::read', { path: 'notes/a.txt' }).bytes;
  const codes = new Set(['worker.protocol', 'worker.step_out_of_order', 'worker.too_much']);
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Uint8Array.from(whole);
    for (let change = 0; change <= random.below(3); change += 1) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const cut = random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
    const [, heard] = hear(WORKING, { kind: 'line', bytes: cut });
    if (heard.kind === 'broken') assert.ok(codes.has(heard.fault.code));
    else assert.ok(heard.kind === 'asked' && heard.step.index === 0);
  }
});
