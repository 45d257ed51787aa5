import { unreachable } from '@ioi/basis';
import { classify } from '@ioi/jsonrpc';
import { ask, callOff, expireAsk, takeResponse } from './asks.ts';
import type { Answer } from './backend.ts';
import { hasTasks } from './client.ts';
import { withTaskSupport } from './earlier.ts';
import { close, drop, dropOversized, leave } from './endings.ts';
import { finishListenWork } from './listens.ts';
import { takeNotification } from './notifications.ts';
import { takeRequest } from './requests.ts';
import { answered, listResult } from './results.ts';
import {
  findByCall,
  type InFlight,
  type Input,
  remove,
  replace,
  type State,
  type Step,
} from './state.ts';
import { saysVersion, takeStateless } from './stateless.ts';
import { expireTask } from './task-ends.ts';
import { takeRecalled } from './task-requests.ts';
import { finishTask, takeTasked } from './tasks.ts';
import { announce, relay, report } from './telling.ts';
import { expireQuestion } from './waiting.ts';
import { isWaiting } from './work.ts';

/**
 * One MCP client (whitepaper 2.2.4, MCP gateway), of either era: what it proposes comes out as
 * `act` effects; nothing here decides or performs. Every request that carries an id is answered
 * exactly once, unless the client cancels it or leaves.
 */
export function step(state: State, input: Input): Step {
  // After the end only who still asks is told that nobody is there.
  if (state.phase === 'closed' && input.kind !== 'asked') return { state, effects: [] };
  switch (input.kind) {
    case 'frame':
      return takeFrame(state, input);
    case 'message':
      return takeMessage(state, input);
    case 'oversized':
      return dropOversized(state, input);
    case 'offered':
      return { state: { ...state, offer: input.offer }, effects: [] };
    case 'listed':
      return finishList(state, input);
    case 'finished':
      return finish(state, input.callId, input.answer);
    case 'progress':
      return report(state, input);
    case 'message_of':
      return relay(state, input);
    case 'asked':
      return ask(state, input);
    case 'tasked':
      return takeTasked(state, input);
    case 'recalled':
      return takeRecalled(state, input);
    case 'rang':
      return expire(state, input.askId);
    case 'notice':
      return announce(state, input.notice);
    case 'gone':
      return leave(state, input.from);
    case 'closed':
      return close(state, input.byUs === true);
    default:
      return unreachable(input);
  }
}

function takeFrame(state: State, input: Extract<Input, { kind: 'frame' }>): Step {
  const { bytes, from = '' } = input;
  const message = classify(bytes);
  if (!message.ok) return drop(state, input, message.error);
  const byteCount = bytes.length;
  return takeMessage(state, { kind: 'message', message: message.value, byteCount, from });
}

/** What a client opens with decides its era; a session, once begun, stays one (MCP versioning). */
function takeMessage(state: State, input: Extract<Input, { kind: 'message' }>): Step {
  const { message, byteCount, from = '' } = input;
  switch (message.kind) {
    case 'request':
      return takeEither(state, { ...message, byteCount, from });
    case 'notification':
      return takeNotification(state, { ...message, from });
    default:
      return takeResponse(state, message);
  }
}

function takeEither(state: State, request: Parameters<typeof takeRequest>[1]): Step {
  const isStateless =
    state.phase === 'stateless' || (state.phase === 'opened' && saysVersion(request));
  return isStateless ? takeStateless(state, request) : takeRequest(state, request);
}

function finishList(state: State, input: Extract<Input, { kind: 'listed' }>): Step {
  const method = findByCall(state, input.callId)?.method ?? '';
  const listed = listResult(method, input.listing);
  const result = hasTasks(state) ? withTaskSupport(listed) : listed;
  return finish(state, input.callId, { kind: 'result', result });
}

function finish(state: State, callId: string, answer: Answer): Step {
  const entry = findByCall(state, callId);
  if (entry === undefined) return { state, effects: [] };
  if (entry.task !== undefined) return endTask(state, entry, answer);
  if (entry.listen !== undefined) return finishListenWork(state, entry, answer);
  if (entry.cancelled) return { state: remove(state, callId), effects: [] };
  if (isWaiting(entry)) return { state: replace(state, { ...entry, ended: answer }), effects: [] };
  const called = callOff(state, entry);
  const told = answered(entry, answer, state.offer);
  const next = remove(called.state, callId);
  const { method, act } = entry;
  const subscriptions = subscribed(next.subscriptions, { method, uri: act?.params['uri'], answer });
  const isSession = entry.era === 'stateful';
  return {
    state: isSession ? { ...next, subscriptions } : next,
    effects: [...called.effects, ...told],
  };
}

function endTask(state: State, entry: InFlight, answer: Answer): Step {
  const called = callOff(state, entry);
  const { state: ended, effects } = finishTask(called.state, entry, answer);
  return { state: ended, effects: [...called.effects, ...effects] };
}

/** Which resources a session hears of, once the daemon has let it subscribe. */
function subscribed(
  before: readonly string[],
  change: { readonly method: string; readonly uri: unknown; readonly answer: Answer },
): readonly string[] {
  const { method, uri, answer } = change;
  if (answer.kind === 'error' || typeof uri !== 'string') return before;
  if (method === 'resources/unsubscribe') return before.filter((each) => each !== uri);
  if (method !== 'resources/subscribe' || before.includes(uri)) return before;
  return [...before, uri];
}

function expire(state: State, askId: string): Step {
  const asked = expireAsk(state, askId);
  if (asked.effects.length > 0) return asked;
  const task = expireTask(state, askId);
  return task.state === state ? expireQuestion(state, askId) : task;
}
