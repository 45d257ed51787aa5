import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InputRequests } from '@ioi/protocol';
import fc from 'fast-check';
import {
  FULL_OFFER,
  finished,
  frame,
  initialize,
  type Line,
  modern,
  note,
  play,
  ready,
  request,
} from '../testing/play.ts';
import type { Recalled } from './backend.ts';
import { step } from './capture.ts';
import { type Effect, type Input, MAX_TASKS, openState, type State } from './state.ts';

const ELICIT = { elicitation: {} };
const READY = { ...ready(ELICIT), now: '2026-01-01T00:00:00Z' };
const STATELESS = { ...openState(FULL_OFFER, 'stateless'), now: '2026-01-01T00:00:00Z' };
const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const FOLLOWS = { 'io.modelcontextprotocol/clientCapabilities': { ...TASKS, ...ELICIT } };
const NAME = { method: 'elicitation/create', params: { message: 'Name?', requestedSchema: {} } };
const RELATED = { 'io.modelcontextprotocol/related-task': { taskId: 'task_1' } };

const call = (id: unknown, extra: object = { task: { ttl: 90_000 } }): Input =>
  request(id, 'tools/call', { name: 'a', arguments: {}, ...extra });
const later = (id: unknown, method: string, params: object = { taskId: 'task_1' }): Input =>
  frame({ jsonrpc: '2.0', id, method, params: modern(params, FOLLOWS) }, `s${String(id)}`);
const tasked = (at = 1, report = {}): Input => ({
  kind: 'tasked',
  callId: `call_${at}`,
  taskId: `task_${at}`,
  report,
});
const asked = (requests: InputRequests, at = 1): Input => ({
  kind: 'asked',
  callId: 'call_1',
  askId: `ask_${at}`,
  token: `token_${at}`,
  requests,
});
const get = (id: unknown, taskId: unknown = 'task_1') => request(id, 'tasks/get', { taskId });
const codeOf = (line: Line | undefined): unknown => line?.error?.data?.code;
const answers = (effects: readonly Effect[]) => effects.filter(({ kind }) => kind === 'answer');

const BEGUN = play([call(1), tasked()], READY);
const FOLLOWED = play([later(1, 'tools/call', { name: 'a' }), tasked()], STATELESS);

test('a call that is to be a task is one act, and its request is answered at once', () => {
  assert.deepEqual(
    BEGUN.effects.map((effect) => effect.kind),
    ['act', 'send', 'alarm'],
  );
  assert.ok(BEGUN.effects[0]?.kind === 'act' && BEGUN.effects[0].isTask);
  assert.ok(!JSON.stringify(BEGUN.effects[0].act).includes('ttl'));
  const task = {
    taskId: 'task_1',
    status: 'working',
    createdAt: READY.now,
    lastUpdatedAt: READY.now,
    ttl: 90_000,
    pollInterval: 1_000,
  };
  assert.deepEqual(BEGUN.sent, [{ jsonrpc: '2.0', id: 1, result: { task } }]);
  const { sent } = play([get(2), request(3, 'tasks/list')], BEGUN.state);
  assert.deepEqual(
    sent.map(({ result }) => result),
    [task, { tasks: [task] }],
  );
});

test('what a task has come to is what the call would have been answered', () => {
  const wait = request(2, 'tasks/result', { taskId: 'task_1' });
  const content = [{ type: 'text', text: 'done' }];
  const { sent, state } = play([wait, finished('call_1', { content })], BEGUN.state);
  const [status, result] = sent;
  assert.equal(status?.method, 'notifications/tasks/status');
  assert.equal(status?.params?.['status'], 'completed');
  assert.deepEqual(result, { jsonrpc: '2.0', id: 2, result: { content, _meta: RELATED } });
  assert.deepEqual(state.inFlight, []);
  const again = play([request(3, 'tasks/result', { taskId: 'task_1' })], state);
  assert.deepEqual(again.sent[0]?.result, { content, _meta: RELATED });
  const failed = play([finished('call_1', { content, isError: true }), get(4)], BEGUN.state);
  assert.equal(failed.sent.at(-1)?.result?.['status'], 'failed');
});

test('what a task asks for goes to whoever waits for its end', () => {
  const held = play([asked({ a: NAME }), get(2)], BEGUN.state);
  assert.equal(held.sent.at(-1)?.result?.['status'], 'input_required');
  assert.ok(!held.sent.some(({ method }) => method === NAME.method));
  const wait = frame(
    { jsonrpc: '2.0', id: 3, method: 'tasks/result', params: { taskId: 'task_1' } },
    'result',
  );
  const put = play([wait], held.state);
  const [effect] = put.effects;
  assert.ok(effect?.kind === 'send' && effect.to === 'result');
  const [question] = put.sent;
  assert.deepEqual(question?.params, { ...NAME.params, _meta: RELATED });
  const answer = frame({ jsonrpc: '2.0', id: question?.id, result: { action: 'accept' } });
  const given = play([answer, get(4)], put.state);
  assert.equal(answers(given.effects).length, 1);
  assert.equal(given.sent.at(-1)?.result?.['status'], 'working');
});

test('a task that is called off is told so once, and its act is cancelled', () => {
  const cancel = request(2, 'tasks/cancel', { taskId: 'task_1' });
  const { effects, sent, state } = play([cancel], BEGUN.state);
  assert.ok(effects.some((each) => each.kind === 'cancel' && each.callId === 'call_1'));
  assert.equal(sent.at(-1)?.result?.['status'], 'cancelled');
  const after = play([finished('call_1'), get(3), cancel], state);
  assert.equal(after.sent[0]?.result?.['status'], 'cancelled');
  assert.equal(codeOf(after.sent[1]), 'gateway.task_ended');
  assert.deepEqual(after.state.inFlight, []);
});

test('tasks are refused by name where they are unknown, too old, too many or not offered', () => {
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
    const { sent } = play([request(9, method, { taskId: 'task_2' })], BEGUN.state);
    assert.deepEqual([sent[0]?.error?.code, codeOf(sent[0])], [-32602, 'gateway.task_unknown']);
  }
  const over = play([{ kind: 'rang', askId: 'task_1' }, get(2)], BEGUN.state);
  assert.equal(codeOf(over.sent.at(-1)), 'gateway.task_unknown');
  assert.ok(over.effects.some(({ kind }) => kind === 'cancel'));
  const full = Array.from({ length: MAX_TASKS - 1 }, (_, at) => [call(at + 2), tasked(at + 2)]);
  const many = play([...full.flat(), call('one more')], BEGUN.state);
  assert.equal(codeOf(many.sent.at(-1)), 'gateway.too_many_tasks');
  const room = play([finished('call_1'), call('one more'), get(0)], many.state);
  assert.equal(codeOf(room.sent.at(-1)), 'gateway.task_unknown');
  const older = [frame(initialize({}, '2025-06-18')), note('notifications/initialized'), call(1)];
  const { effects } = play(older, openState(FULL_OFFER));
  const act = effects.find(({ kind }) => kind === 'act');
  assert.ok(act?.kind === 'act' && act.isTask === undefined);
});

test('without sessions a task is what the server behind has made, if the client follows', () => {
  const { sent } = FOLLOWED;
  const { _meta, ...created } = sent[0]?.result ?? {};
  const task = {
    taskId: 'task_1',
    createdAt: READY.now,
    lastUpdatedAt: READY.now,
    ttlMs: 86_400_000,
    pollIntervalMs: 1_000,
  };
  assert.deepEqual(created, { resultType: 'task', status: 'working', ...task });
  const result = { content: [], isError: true };
  const ended = play([finished('call_1', result), later(2, 'tasks/get')], FOLLOWED.state);
  const { _meta: __, ...told } = ended.sent[0]?.result ?? {};
  assert.deepEqual(told, { resultType: 'complete', status: 'completed', ...task, result });
  const plain = play([request(1, 'tools/call', modern({ name: 'a' })), tasked()], STATELESS);
  assert.deepEqual(plain.sent, []);
  const early = play([later(1, 'tools/call', { name: 'a', task: { ttl: 1 } })], STATELESS);
  assert.ok(early.effects[0]?.kind === 'act' && early.effects[0].isTask === undefined);
  const stranger = request(3, 'tasks/get', modern({ taskId: 'task_1' }));
  assert.equal(play([stranger], FOLLOWED.state).sent[0]?.error?.code, -32021);
});

test('without sessions a task says what it wants, and is given it in parts', () => {
  const wanting = play([asked({ a: NAME, b: NAME }), later(2, 'tasks/get')], FOLLOWED.state);
  const { inputRequests } = wanting.sent[0]?.result ?? {};
  assert.deepEqual(inputRequests, { 'ask_1.a': NAME, 'ask_1.b': NAME });
  const update = (id: number, given: object): Input =>
    later(id, 'tasks/update', { taskId: 'task_1', inputResponses: given });
  const part = play([update(3, { 'ask_1.a': { action: 'accept' }, x: {} })], wanting.state);
  assert.deepEqual(answers(part.effects), []);
  const left = play([later(4, 'tasks/get')], part.state);
  assert.deepEqual(left.sent[0]?.result?.['inputRequests'], { 'ask_1.b': NAME });
  const whole = play([update(5, { 'ask_1.b': {}, 'ask_1.a': {} })], left.state);
  const [answer] = answers(whole.effects);
  assert.ok(answer?.kind === 'answer');
  assert.deepEqual(answer.responses['a'], { kind: 'result', result: { action: 'accept' } });
  const working = play([later(6, 'tasks/get')], whole.state);
  assert.equal(working.sent[0]?.result?.['status'], 'working');
});

test('a stream that listens for a task hears of every change, and of no other task', () => {
  const notifications = { taskIds: ['task_1', 'task_9'] };
  const open = play([later('l', 'subscriptions/listen', { notifications })], FOLLOWED.state);
  assert.deepEqual(open.sent[0]?.params?.['notifications'], { taskIds: ['task_1'] });
  const { sent } = play([asked({ a: NAME }), finished('call_1', { content: [] })], open.state);
  assert.deepEqual(
    sent.map(({ method, params }) => [method, params?.['status']]),
    [
      ['notifications/tasks', 'input_required'],
      ['notifications/tasks', 'completed'],
    ],
  );
  const stranger = request(2, 'subscriptions/listen', modern({ notifications }));
  assert.equal(play([stranger], FOLLOWED.state).sent[0]?.error?.code, -32021);
});

test('whatever happens in whatever order, a request is answered once, an ask of a task too', () => {
  const methods = fc.constantFrom('tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/list');
  const inputs = fc.oneof(
    fc.constant<Input>(tasked()),
    fc.nat(3).map((at): Input => asked({ a: NAME }, at)),
    fc.constant<Input>(finished('call_1', { content: [] })),
    fc.constant<Input>({ kind: 'rang', askId: 'task_1' }),
    methods.map((method): Input => request(`r${method}`, method, { taskId: 'task_1' })),
    fc.nat(3).map((at): Input => frame({ jsonrpc: '2.0', id: `ask_${at}.1`, result: {} })),
    fc.constant<Input>({ kind: 'closed' }),
  );
  fc.assert(
    fc.property(fc.array(inputs, { maxLength: 24 }), (events) => {
      const { answered, asked: asks } = tally([...events, { kind: 'closed' }]);
      assert.ok([...asks.values()].every((count) => count === 1));
      assert.ok([...answered.values()].every((count) => count >= 0));
    }),
  );
});

const NAME_OF_OURS = 'a'.repeat(24);
const RECALLED: Recalled = {
  taskId: NAME_OF_OURS,
  era: 'stateful',
  createdAt: READY.now,
  ttlMs: 90_000,
  leftMs: 1_000,
  answer: { kind: 'result', result: { content: [], isError: true } },
};

test('a task of a former life is recalled by whoever has its name, and by no other', () => {
  const wait = request(1, 'tasks/result', { taskId: NAME_OF_OURS });
  const { effects } = play([wait], READY);
  const [recall] = effects;
  assert.ok(recall?.kind === 'recall' && effects.length === 1);
  const { taskId, asked } = recall;
  assert.equal(taskId, NAME_OF_OURS);
  const none = play([{ kind: 'recalled', asked, task: undefined }], READY);
  assert.equal(codeOf(none.sent[0]), 'gateway.task_unknown');
  const known = play([{ kind: 'recalled', asked, task: RECALLED }], READY);
  const meta = { 'io.modelcontextprotocol/related-task': { taskId } };
  const result = { content: [], isError: true, _meta: meta };
  assert.deepEqual(known.sent, [{ jsonrpc: '2.0', id: 1, result }]);
  assert.deepEqual(known.effects.at(-1), { kind: 'alarm', askId: taskId, afterMs: 1_000 });
  const { sent } = play([get(2, taskId)], known.state);
  assert.equal(sent[0]?.result?.['status'], 'failed');
  assert.deepEqual(play([{ kind: 'rang', askId: taskId }], known.state).state.tasks, []);
});

test('without sessions a task of a former life says what it came to', () => {
  const ask = later(1, 'tasks/get', { taskId: NAME_OF_OURS });
  const [recall] = play([ask], STATELESS).effects;
  assert.ok(recall?.kind === 'recall');
  const task: Recalled = { ...RECALLED, era: 'stateless' };
  const { sent } = play([{ kind: 'recalled', asked: recall.asked, task }], STATELESS);
  assert.equal(sent[0]?.result?.['status'], 'completed');
  assert.deepEqual(Object(sent[0]?.result?.['result']).isError, true);
});

/** How often each ask was answered, and each request less often than it was made. */
function tally(events: readonly Input[]) {
  let state: State = play([call(1)], READY).state;
  const answered = new Map<unknown, number>([[1, 1]]);
  const asked = new Map<string, number>();
  const add = (to: Map<unknown, number>, name: unknown, by: number) =>
    to.set(name, (to.get(name) ?? 0) + by);
  for (const event of events) {
    if (event.kind === 'asked' && asked.has(event.askId)) continue;
    if (event.kind === 'asked') asked.set(event.askId, 0);
    if (event.kind === 'frame') {
      const { id, method } = JSON.parse(Buffer.from(event.bytes).toString()) as Line;
      if (method !== undefined) add(answered, id, 1);
    }
    const { state: next, effects } = step(state, event);
    state = next;
    for (const effect of effects) {
      if (effect.kind === 'answer') add(asked, effect.askId, 1);
      if (effect.kind !== 'send') continue;
      const { id, method } = JSON.parse(effect.line) as Line;
      if (method === undefined) add(answered, id, -1);
    }
  }
  return { answered, asked };
}
