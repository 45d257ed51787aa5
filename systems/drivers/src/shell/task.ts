import { isObject, type JsonObject } from '@ioi/jsonrpc';
import type { ToolAnswer } from '../core/answer.ts';
import { statelessMeta } from '../core/eras.ts';
import { standardHeaders } from '../core/http-headers.ts';
import { readTask, type ServerTask, withoutTask } from '../core/tasks.ts';
import type { Act, Connection } from './act.ts';
import type { Reply } from './conversation.ts';
import { pause } from './http-channel.ts';
import { answerInput } from './input.ts';
import { Patience } from './patience.ts';
import { named } from './questions.ts';
import { answerFrom } from './tool-answer.ts';
import { exchange, type NotSent, wordsFor } from './wire.ts';

/** A task that a server has made of an act. */
type Following = {
  readonly act: Act;
  readonly task: ServerTask;
  readonly patience: Patience;
};

/** Of what a server says of a task without its result. */
const STATE_BYTES = 1_048_576;
/** How long a server may take to hear that a task is not wanted any more. */
const CANCEL_MS = 5_000;
/** How often in a row it may fail to say how a task stands. */
const MOST_FAILURES = 5;

/**
 * From the task a server has made of an act to the answer of the act (MCP, tasks of both eras): it
 * is part of the one act, whose time limit counts from what the server last said of it.
 */
export async function followTask(connection: Connection, following: Following) {
  const { act, task, patience } = following;
  act.passage.onTask?.(task.report);
  const isOver = new AbortController();
  const stop = patience.whenOver(() => {
    isOver.abort();
    void cancel(connection, task);
  });
  try {
    if (connection.described.era === 'stateless') return await poll(connection, following, isOver);
    return await awaitResult(connection, following, isOver);
  } finally {
    stop();
    isOver.abort();
  }
}

/** A server with sessions answers when it has ended, and asks meanwhile. */
async function awaitResult(
  connection: Connection,
  { act, task, patience }: Following,
  isOver: AbortController,
): Promise<ToolAnswer> {
  const { wire } = connection;
  void watch(connection, { act, task, patience }, isOver.signal);
  const { outputBytes, onProgress, onMessage, ask } = act.passage;
  const bounds = { patience, outputBytes, isAct: true, onProgress, onMessage, ask };
  const { taskId } = task;
  for (let failures = 0; ; failures += 1) {
    const asked = { method: 'tasks/result', params: { taskId }, task: taskId };
    const reply = await exchange(wire, { ...asked, ...bounds });
    // Its stream broke; the task goes on, and can be asked for again.
    const isBroken = reply.kind === 'silent' && reply.silence === 'died' && wire.isAlive;
    if (!isBroken || failures >= MOST_FAILURES) return ownWords(answerFrom(begun(reply), 1));
    await pause(task.pollMs, isOver.signal);
  }
}

function ownWords(answer: ToolAnswer): ToolAnswer {
  if (answer.kind !== 'result') return answer;
  return { kind: 'result', result: withoutTask(answer.result) };
}

/** The task was begun, so that nothing more could be sent proves nothing. */
function begun(reply: Reply | NotSent): Reply {
  if (reply.kind !== 'not_sent') return reply;
  return { kind: 'silent', silence: 'died', detail: `its task was not asked for: ${reply.reason}` };
}

/** Tells how far it has come, until it is over. */
async function watch(
  connection: Connection,
  { act, task, patience }: Following,
  signal: AbortSignal,
): Promise<void> {
  let { pollMs } = task;
  for (;;) {
    await pause(pollMs, signal);
    if (signal.aborted || !connection.wire.isAlive) return;
    const reply = await ask(connection, { method: 'tasks/get', params: idOf(task) }, STATE_BYTES);
    const now = reply.kind === 'result' ? readTask(reply.result) : undefined;
    if (now === undefined || signal.aborted) continue;
    pollMs = now.pollMs;
    patience.renew();
    act.passage.onTask?.(now.report);
  }
}

/** A server without sessions is asked until it has ended, and asks in its answers. */
async function poll(
  connection: Connection,
  following: Following,
  isOver: AbortController,
): Promise<ToolAnswer> {
  const { act, task, patience } = following;
  const asked = new Set<string>();
  let { pollMs } = task;
  let failures = 0;
  for (;;) {
    await pause(pollMs, isOver.signal);
    if (patience.over) return { kind: 'silent', silence: patience.over };
    const get = { method: 'tasks/get', params: idOf(task) };
    const reply = await ask(connection, get, act.passage.outputBytes);
    const now = reply.kind === 'result' ? readTask(reply.result) : undefined;
    if (now === undefined) {
      // Its end is too long, or no JSON, each time it is asked for.
      if (reply.kind === 'silent' && !PASSING.includes(reply.silence)) return reply;
      failures = reply.kind === 'silent' && connection.wire.isAlive ? failures + 1 : MOST_FAILURES;
      if (failures < MOST_FAILURES) continue;
      const detail = `its task cannot be asked about: ${wordsFor(begun(reply))}`;
      return { kind: 'silent', silence: 'died', detail };
    }
    failures = 0;
    pollMs = now.pollMs;
    patience.renew();
    act.passage.onTask?.(now.report);
    const ended = endOf(now) ?? (await supply(connection, following, { now, asked }));
    if (ended !== undefined) return ended;
  }
}

function endOf({ status, fields }: ServerTask): ToolAnswer | undefined {
  const { result, error } = fields;
  if (status === 'completed') {
    if (isObject(result)) return { kind: 'result', result: withoutTask(result) };
    return { kind: 'silent', silence: 'answer_refused', detail: 'the result is no object' };
  }
  if (status === 'failed') {
    const { code, message, data } = isObject(error) ? error : {};
    const isError = Number.isSafeInteger(code) && typeof message === 'string';
    if (!isError) return { kind: 'error', error: named('upstream.task_failed', 'it does not say') };
    const told = { code: code as number, message };
    return { kind: 'error', error: data === undefined ? told : { ...told, data } };
  }
  if (status !== 'cancelled') return undefined;
  return { kind: 'error', error: named('upstream.task_cancelled', 'the server called it off') };
}

/** Gives the server what it newly wants; an answer where the act ends by that. */
async function supply(
  connection: Connection,
  { act, task, patience }: Following,
  { now, asked }: { readonly now: ServerTask; readonly asked: Set<string> },
): Promise<ToolAnswer | undefined> {
  const { inputRequests } = now.fields;
  if (now.status !== 'input_required' || !isObject(inputRequests)) return undefined;
  const fresh = Object.entries(inputRequests).filter(([name]) => !asked.has(name));
  if (fresh.length === 0) return undefined;
  for (const [name] of fresh) asked.add(name);
  const input = await answerInput(Object.fromEntries(fresh), act.passage.ask, patience);
  if (input.kind === 'ended') {
    void cancel(connection, task);
    return input.answer;
  }
  const params = { ...idOf(task), inputResponses: input.responses };
  const reply = await ask(connection, { method: 'tasks/update', params }, STATE_BYTES);
  return reply.kind === 'error' ? { kind: 'error', error: reply.error } : undefined;
}

async function cancel(connection: Connection, task: ServerTask): Promise<void> {
  await ask(connection, { method: 'tasks/cancel', params: idOf(task) }, STATE_BYTES);
}

function idOf({ taskId }: ServerTask): { readonly taskId: string } {
  return { taskId };
}

/** Why a question about a task may be put again. */
const PASSING: readonly string[] = ['died', 'timeout', 'closed'];

type Asked = { readonly method: string; readonly params: JsonObject };

/** A request about a task: it carries nothing an agent chose, and is nobody's act. */
async function ask(
  { wire, described }: Connection,
  { method, params }: Asked,
  outputBytes: number,
): Promise<Reply | NotSent> {
  const { era, protocolVersion } = described;
  const isStateless = era === 'stateless';
  const meta = isStateless ? { _meta: statelessMeta(protocolVersion, undefined, {}) } : {};
  const whole = { ...params, ...meta };
  const headers = isStateless ? standardHeaders(protocolVersion, method, whole) : {};
  const patience = new Patience({ timeoutMs: CANCEL_MS });
  try {
    const bounds = { patience, outputBytes, isAct: false };
    return await exchange(wire, { method, params: whole, headers, ...bounds });
  } finally {
    patience.stop();
  }
}
