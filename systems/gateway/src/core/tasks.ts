import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, notificationLine } from '@ioi/jsonrpc';
import type { TaskReport } from '@ioi/protocol';
import type { Answer, Recalled } from './backend.ts';
import { canFollow } from './client.ts';
import { announceTask } from './listens.ts';
import { answered, inWordsOf } from './results.ts';
import {
  type Effect,
  findByCall,
  type InFlight,
  type Input,
  MAX_TASK_BYTES,
  remove,
  replace,
  type State,
  type Step,
  TASK_MS,
  type Task,
} from './state.ts';
import { makeRoom } from './work.ts';

/** Says of a message which task it belongs to (MCP 2025-11-25, tasks). */
export const RELATED = 'io.modelcontextprotocol/related-task';

const POLL_MS = 1_000;
const LONGEST_MESSAGE = 1_024;

/**
 * An act is, or has become, something that takes longer than its request. A client of 2025-11-25
 * asked for that; one of 2026-07-28 is told of it where the server behind has made a task.
 */
export function takeTasked(state: State, input: Extract<Input, { kind: 'tasked' }>): Step {
  const entry = findByCall(state, input.callId);
  if (entry === undefined || entry.cancelled) return { state, effects: [] };
  if (entry.task !== undefined) return hear(state, entry.task, input.report);
  const isFollowed =
    entry.era === 'stateful' ? entry.taskMs !== undefined : canFollow(entry.capabilities);
  const room = makeRoom(state);
  if (!isFollowed || entry.id === undefined || room === undefined) return { state, effects: [] };
  const { message, ttlMs = TASK_MS, pollMs = POLL_MS } = input.report;
  const task: Task = {
    taskId: input.taskId,
    callId: entry.callId,
    era: entry.era,
    status: 'working',
    ...(message === undefined ? {} : { message: message.slice(0, LONGEST_MESSAGE) }),
    createdAt: state.now,
    updatedAt: state.now,
    ttlMs: Math.min(entry.taskMs ?? ttlMs, TASK_MS),
    pollMs,
    bytes: 0,
  };
  const told = answered(entry, { kind: 'result', result: created(task) }, state.offer);
  const alarm: Effect = { kind: 'alarm', askId: task.taskId, afterMs: task.ttlMs };
  const begun = replace({ ...room, tasks: [...room.tasks, task] }, followed(entry, task.taskId));
  return { state: begun, effects: [...told, alarm] };
}

/** Its request is answered; only a session's progress goes on (MCP 2025-11-25, tasks). */
function followed({ id: _, taskMs: __, logLevel: ___, ...entry }: InFlight, task: string) {
  const { progressToken, lastProgress, ...quiet } = entry;
  return entry.era === 'stateful' ? { ...entry, task } : { ...quiet, task };
}

function hear(state: State, taskId: string, { message, pollMs }: TaskReport): Step {
  const task = findTask(state, taskId);
  if (task === undefined || task.ended !== undefined) return { state, effects: [] };
  const said = message?.slice(0, LONGEST_MESSAGE) ?? task.message;
  const changed = { ...task, pollMs: pollMs ?? task.pollMs, updatedAt: state.now };
  const next = said === undefined ? changed : { ...changed, message: said };
  return { state: putTask(state, next), effects: [] };
}

export function findTask(state: State, taskId: unknown): Task | undefined {
  return state.tasks.find((each) => each.taskId === taskId);
}

export function putTask(state: State, changed: Task): State {
  const tasks = state.tasks.map((each) => (each.taskId === changed.taskId ? changed : each));
  return { ...state, tasks };
}

/** Another status, told to whoever wants to hear of it. A task that has ended stays as it is. */
export function become(state: State, taskId: string, change: Partial<Task>): Step {
  const task = findTask(state, taskId);
  const isOver = task === undefined || task.ended !== undefined;
  if (isOver || change.status === task.status) return { state, effects: [] };
  const changed: Task = { ...task, ...change, updatedAt: state.now };
  const next = putTask(state, changed);
  const own: Effect[] =
    task.era === 'stateful' && state.phase === 'ready'
      ? [{ kind: 'send', line: statusLine(changed), to: '', last: false }]
      : [];
  const listens = announceTask(next, taskId, () => detailed(next, changed));
  return { state: next, effects: [...own, ...listens] };
}

function statusLine(task: Task): string {
  return notificationLine('notifications/tasks/status', sessionTask(task));
}

/** The act behind a task has ended: whoever waits for it is answered. */
export function finishTask(state: State, entry: InFlight, answer: Answer): Step {
  const next = remove(state, entry.callId);
  return entry.task === undefined || entry.cancelled
    ? { state: next, effects: [] }
    : conclude(next, entry.task, { answer, status: statusOf(entry.era, answer) });
}

type End = { readonly answer: Answer; readonly status: Task['status'] };

export function conclude(state: State, taskId: string, { answer, status }: End): Step {
  const bytes = JSON.stringify(answer).length;
  const { state: changed, effects } = become(state, taskId, { status, ended: answer, bytes });
  const waiting = changed.inFlight.filter(({ awaits }) => awaits === taskId);
  const told = waiting.flatMap((entry) => resultOf(changed, entry, answer));
  const inFlight = changed.inFlight.filter((entry) => !waiting.includes(entry));
  return { state: withinBytes({ ...changed, inFlight }), effects: [...effects, ...told] };
}

/** One of a former life of the node, which has ended. */
export function putRecalled(state: State, { answer, leftMs: _, ...followed }: Recalled): State {
  const status = statusOf(followed.era, answer);
  const bytes = JSON.stringify(answer).length;
  const said = { status, updatedAt: state.now, pollMs: POLL_MS, ended: answer, bytes };
  const task: Task = { ...followed, callId: '', ...said };
  return withinBytes({ ...state, tasks: [...state.tasks, task] });
}

/** The two eras do not mean the same by a failed task. */
function statusOf(era: Task['era'], answer: Answer): Task['status'] {
  if (answer.kind === 'error') return 'failed';
  const isError = isObject(answer.result) && answer.result['isError'] === true;
  return isError && era === 'stateful' ? 'failed' : 'completed';
}

/** Of what ended tasks answered the oldest is forgotten first; the newest is kept. */
function withinBytes(state: State): State {
  let held = state.tasks.reduce((sum, { bytes }) => sum + bytes, 0);
  const newest = state.tasks.findLast(({ ended }) => ended !== undefined);
  const tasks = state.tasks.filter((each) => {
    if (held <= MAX_TASK_BYTES || each.ended === undefined || each === newest) return true;
    held -= each.bytes;
    return false;
  });
  return { ...state, tasks };
}

/** The answer to `tasks/result`: what the call itself would have been answered. */
export function resultOf(state: State, { id, from, awaits }: InFlight, answer: Answer): Effect[] {
  if (id === undefined) return [];
  const entry = { id, from, era: 'stateful', method: 'tools/call' } as const;
  if (answer.kind === 'error') return answered(entry, answer, state.offer);
  const result = isObject(answer.result) ? answer.result : {};
  const meta = isObject(result['_meta']) ? result['_meta'] : {};
  const _meta = { ...meta, [RELATED]: { taskId: awaits ?? '' } };
  return answered(entry, { kind: 'result', result: { ...result, _meta } }, state.offer);
}

/** As MCP 2025-11-25 has it. */
export function sessionTask(task: Task): JsonObject {
  return { ...common(task), ttl: task.ttlMs, pollInterval: task.pollMs };
}

/** As the extension of MCP 2026-07-28 has it, without what is in it. */
function plainTask(task: Task): JsonObject {
  return { ...common(task), ttlMs: task.ttlMs, pollIntervalMs: task.pollMs };
}

function common({ taskId, status, message, createdAt, updatedAt }: Task): JsonObject {
  const said = message === undefined ? {} : { statusMessage: message };
  return { taskId, status, ...said, createdAt, lastUpdatedAt: updatedAt };
}

function created(task: Task): Json {
  if (task.era === 'stateful') return { task: sessionTask(task) };
  return { resultType: 'task', ...plainTask(task) };
}

/** With what it is waiting for, or has come to. */
export function detailed(state: State, task: Task): JsonObject {
  const { ended, status } = task;
  if (status === 'input_required')
    return { ...plainTask(task), inputRequests: openOf(state, task) };
  if (ended === undefined || status === 'cancelled') return plainTask(task);
  const said = inWordsOf(ended, 'stateless');
  if (said.kind === 'error') return { ...plainTask(task), error: { ...said.error } };
  return { ...plainTask(task), result: said.result };
}

/** What it still asks for, each under a name that is used once in its life. */
function openOf(state: State, { callId }: Task): JsonObject {
  const questions = findByCall(state, callId)?.questions ?? [];
  const open = questions.flatMap(({ askId, requests, given = {} }) =>
    Object.entries(requests)
      .filter(([name]) => !Object.hasOwn(given, name))
      .map(([name, request]) => [`${askId}.${name}`, request] as const),
  );
  return Object.fromEntries(open) as unknown as JsonObject;
}

/** A task of a client without sessions asks: what it asks for stands in its state. */
export function askInTask(
  state: State,
  entry: InFlight,
  asked: Pick<
    NonNullable<InFlight['questions']>[number],
    'askId' | 'token' | 'requests' | 'refused'
  >,
): Step {
  const { askId, requests, refused } = asked;
  if (Object.keys(requests).length === 0) {
    return { state, effects: [{ kind: 'answer', askId, responses: refused }] };
  }
  const next = replace(state, { ...entry, questions: [...(entry.questions ?? []), asked] });
  return become(next, entry.task ?? '', { status: 'input_required' });
}

/** What the client says to some of it; what nobody asked for is passed over. */
export function takeInput(state: State, task: Task, responses: JsonObject): Step {
  const entry = findByCall(state, task.callId);
  if (entry?.questions === undefined) return { state, effects: [] };
  const effects: Effect[] = [];
  const open = entry.questions.flatMap((question) => {
    const { askId, requests, refused, given = {} } = question;
    const now = Object.keys(requests).flatMap((name) => {
      const result = responses[`${askId}.${name}`];
      return result === undefined ? [] : [[name, { kind: 'result', result } as const] as const];
    });
    const all = { ...Object.fromEntries(now), ...given };
    if (Object.keys(requests).some((name) => !Object.hasOwn(all, name))) {
      return [{ ...question, given: all }];
    }
    effects.push({ kind: 'answer', askId, responses: { ...all, ...refused } });
    return [];
  });
  const { questions: _, ...rest } = entry;
  const next = replace(state, open.length === 0 ? rest : { ...rest, questions: open });
  if (open.length > 0) return { state: next, effects };
  const working = become(next, task.taskId, { status: 'working' });
  return { state: working.state, effects: [...working.effects, ...effects] };
}
