import {
  isObject,
  type JsonObject,
  type Message,
  notificationLine,
  requestLine,
} from '@ioi/jsonrpc';
import type { InputResponse } from '@ioi/protocol';
import { refusal, refuseAll, sort } from './permitted.ts';
import {
  ASK_MS,
  type AskedRequest,
  type Effect,
  findByCall,
  type InFlight,
  type Input,
  MAX_ASKED,
  type OpenAsk,
  type State,
  type Step,
} from './state.ts';
import { askInTask, become, RELATED } from './tasks.ts';
import { question } from './waiting.ts';

type Asked = Extract<Input, { kind: 'asked' }>;

/** An act wants something of the client's side: asked as the client's era asks. */
export function ask(state: State, asked: Asked): Step {
  const { askId, requests } = asked;
  const entry = findByCall(state, asked.callId);
  const answer = (responses: OpenAsk['responses']): Step => ({
    state,
    effects: [{ kind: 'answer', askId, responses }],
  });
  if (entry === undefined || entry.cancelled) {
    return answer(refuseAll(requests, 'gateway.nobody_to_ask'));
  }
  const { granted, refused } = sort(requests, entry.capabilities);
  const names = Object.entries(granted);
  // Nothing to ask, only time to pass: for that the later era alone has words.
  const isTask = entry.task !== undefined;
  const isPause = Object.keys(requests).length === 0 && entry.era === 'stateless' && !isTask;
  if (names.length === 0 && !isPause) return answer(refused);
  if (entry.era === 'stateless' && entry.task !== undefined) {
    return askInTask(state, entry, { ...asked, requests: granted, refused });
  }
  if (entry.era === 'stateless') return question(state, entry, { ...asked, granted, refused });
  const open = state.asks.reduce((sum, each) => sum + each.waiting.length, names.length);
  if (open > MAX_ASKED) return answer(refuseAll(requests, 'gateway.too_many_asks'));
  const waiting = names.map(([name, { method, params }], at): AskedRequest => {
    const given = params === undefined ? {} : { params };
    return { rpcId: `${askId}.${at + 1}`, name, method, ...given };
  });
  const to = streamFor(state, entry);
  const sent = state.phase === 'ready' && to !== undefined;
  const added: OpenAsk = { askId, callId: entry.callId, sent, waiting, responses: refused };
  const alarm: Effect = { kind: 'alarm', askId, afterMs: ASK_MS };
  const next = { ...state, asks: [...state.asks, added] };
  const told = sent ? [...sends(waiting, to, entry.task), alarm] : [alarm];
  if (entry.task === undefined) return { state: next, effects: told };
  const { state: asking, effects } = become(next, entry.task, { status: 'input_required' });
  return { state: asking, effects: [...effects, ...told] };
}

/** Where an act's questions go: those of a task to whoever waits for its end, if anybody does. */
function streamFor({ inFlight }: State, { task, from }: InFlight): string | undefined {
  if (task === undefined) return from;
  return inFlight.find(({ awaits, cancelled }) => awaits === task && !cancelled)?.from;
}

/** What was asked for before the client said that it is initialized. */
export function sendHeld(state: State): Step {
  return sendWhere(state, ({ sent }) => !sent);
}

/** What a task asked for before anybody waited for its end. */
export function sendHeldOf(state: State, callId: string): Step {
  return sendWhere(state, (each) => !each.sent && each.callId === callId);
}

function sendWhere(state: State, isMeant: (ask: OpenAsk) => boolean): Step {
  const effects: Effect[] = [];
  const asks = state.asks.map((each) => {
    const entry = findByCall(state, each.callId);
    const to = entry && streamFor(state, entry);
    if (!isMeant(each) || to === undefined) return each;
    effects.push(...sends(each.waiting, to, entry?.task));
    return { ...each, sent: true };
  });
  return { state: { ...state, asks }, effects };
}

function sends(waiting: readonly AskedRequest[], to: string, task?: string): Effect[] {
  return waiting.map(({ rpcId, method, params }) => ({
    kind: 'send',
    line: requestLine(rpcId, method, task === undefined ? params : related(params, task)),
    to,
    last: false,
  }));
}

/** Says of a request which task it belongs to (MCP 2025-11-25, tasks). */
function related(params: AskedRequest['params'], taskId: string): JsonObject {
  const given = isObject(params) ? params : {};
  const meta = isObject(given['_meta']) ? given['_meta'] : {};
  return { ...given, _meta: { ...meta, [RELATED]: { taskId } } };
}

/** The client's answer to a request of ours; one to anything else answers nothing. */
export function takeResponse(
  state: State,
  message: Extract<Message, { kind: 'result' | 'error' }>,
): Step {
  const found = state.asks.find(({ waiting }) => waiting.some(({ rpcId }) => rpcId === message.id));
  if (found === undefined) return { state, effects: [] };
  const response: InputResponse =
    message.kind === 'result'
      ? { kind: 'result', result: message.result }
      : { kind: 'error', error: message.error };
  const waiting = found.waiting.filter(({ rpcId }) => rpcId !== message.id);
  const names = found.waiting.filter(({ rpcId }) => rpcId === message.id);
  const responses = { ...found.responses, [names[0]?.name ?? '']: response };
  const asks = state.asks.filter((each) => each !== found);
  if (waiting.length > 0) {
    return { state: { ...state, asks: [...asks, { ...found, waiting, responses }] }, effects: [] };
  }
  const { askId, callId } = found;
  const answer: Effect = { kind: 'answer', askId, responses };
  const next = { ...state, asks };
  const task = findByCall(state, callId)?.task;
  const isStill = asks.some((each) => each.callId === callId);
  if (task === undefined || isStill) return { state: next, effects: [answer] };
  const { state: working, effects } = become(next, task, { status: 'working' });
  return { state: working, effects: [...effects, answer] };
}

/** The client took too long. */
export function expireAsk(state: State, askId: string): Step {
  const found = state.asks.filter((each) => each.askId === askId);
  return giveUp(state, found, 'gateway.ask_expired');
}

/** Its act is over, or nobody waits for it: what it asked for is called off. */
export function callOff(state: State, { callId }: InFlight): Step {
  const found = state.asks.filter((each) => each.callId === callId);
  return giveUp(state, found, 'gateway.nobody_to_ask');
}

function giveUp(
  state: State,
  given: readonly OpenAsk[],
  why: 'gateway.ask_expired' | 'gateway.nobody_to_ask',
): Step {
  if (given.length === 0) return { state, effects: [] };
  const asks = state.asks.filter((each) => !given.includes(each));
  const effects = given.flatMap((each): Effect[] => {
    const entry = findByCall(state, each.callId);
    const to = (entry && streamFor(state, entry)) ?? '';
    const late = each.waiting.map(({ name }) => [name, refusal(why)] as const);
    const responses = { ...each.responses, ...Object.fromEntries(late) };
    const told = each.sent ? each.waiting : [];
    return [...told.map(({ rpcId }) => cancelled(rpcId, to)), answerOf(each.askId, responses)];
  });
  return { state: { ...state, asks }, effects };
}

function answerOf(askId: string, responses: OpenAsk['responses']): Effect {
  return { kind: 'answer', askId, responses };
}

function cancelled(requestId: string, to: string): Effect {
  const line = notificationLine('notifications/cancelled', { requestId });
  return { kind: 'send', line, to, last: false };
}
