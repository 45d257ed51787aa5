import { digestOf } from '@ioi/canon';
import { INVALID_PARAMS, isObject, type JsonObject, resultLine } from '@ioi/jsonrpc';
import type { InputRequests, InputResponse, InputResponses } from '@ioi/protocol';
import { actOf, isActMethod, progressTokenOf } from './acts.ts';
import { named, refuse } from './errors.ts';
import { refuseAll } from './permitted.ts';
import { answered, identified } from './results.ts';
import {
  ASK_MS,
  type Effect,
  type InFlight,
  type Input,
  MAX_WAITING,
  type Question,
  remove,
  replace,
  type State,
  type Step,
} from './state.ts';
import { isWaiting, type Proposed } from './work.ts';

/** Requests that may be answered with questions (MCP 2026-07-28, multi round-trip requests). */
const MAY_ASK: readonly string[] = ['tools/call', 'resources/read', 'prompts/get'];

type Asked = Extract<Input, { kind: 'asked' }> & {
  readonly granted: InputRequests;
  readonly refused: InputResponses;
};

/** A stateless act asks: its request is answered with the question, and the act waits. */
export function question(state: State, entry: InFlight, asked: Asked): Step {
  const { askId, token, requests, granted, refused } = asked;
  const no = (name: 'gateway.cannot_ask' | 'gateway.too_many_asks'): Step => ({
    state,
    effects: [{ kind: 'answer', askId, responses: refuseAll(requests, name) }],
  });
  if (!MAY_ASK.includes(entry.method) || entry.listen !== undefined) {
    return no('gateway.cannot_ask');
  }
  const { early, ...later } = entry;
  if (early && Object.keys(granted).every((name) => Object.hasOwn(early, name))) {
    const answer: Effect = { kind: 'answer', askId, responses: { ...early, ...refused } };
    return { state: replace(state, later), effects: [answer] };
  }
  const open = state.inFlight.reduce((sum, each) => sum + (each.questions?.length ?? 0), 1);
  if (open > MAX_WAITING) return no('gateway.too_many_asks');
  const added: Question = { askId, token, requests: granted, refused };
  const next = { ...entry, questions: [...(entry.questions ?? []), added] };
  return put(replace(state, next), next);
}

/** Puts the first question, where a request of the client is there to be answered with it. */
function put(state: State, entry: InFlight): Step {
  const [first] = entry.questions ?? [];
  if (first === undefined || entry.id === undefined) return { state, effects: [] };
  const { id, from: to, progressToken: _, lastProgress: __, logLevel: ___, ...waiting } = entry;
  const inputRequests = first.requests as unknown as JsonObject;
  const line = resultLine(id, {
    resultType: 'input_required',
    ...(Object.keys(inputRequests).length === 0 ? {} : { inputRequests }),
    requestState: first.token,
    _meta: identified(undefined, state.offer),
  });
  const effects: Effect[] = [
    { kind: 'send', line, to, last: true },
    { kind: 'alarm', askId: first.askId, afterMs: ASK_MS },
  ];
  return { state: replace(state, { ...waiting, from: to }), effects };
}

/** A request that brings a state of ours joins the act that waits, and starts no other. */
export function retry(state: State, proposed: Proposed): Step {
  const { request, params, proposer, logLevel } = proposed;
  const no = (name: Parameters<typeof named>[1]): Step =>
    refuse(state, request, named(INVALID_PARAMS, name));
  const token = params['requestState'];
  const found = state.inFlight.find((each) => !each.cancelled && tokenOf(each) === token);
  const [first, ...questions] = found?.questions ?? [];
  if (found === undefined || first === undefined) return no('gateway.state_unknown');
  if (!repeats(found, proposed)) return no('gateway.state_of_another_request');
  const responses = responsesOf(params);
  if (responses === undefined) return no('gateway.responses_invalid');
  const joined: InFlight = {
    ...found,
    questions,
    id: request.id,
    from: request.from,
    capabilities: proposer.capabilities,
    ...(logLevel === undefined ? {} : { logLevel }),
    ...progressTokenOf(params),
  };
  const answer: Effect = {
    kind: 'answer',
    askId: first.askId,
    responses: { ...responses, ...first.refused },
  };
  if (found.ended !== undefined) {
    const told = answered(joined, found.ended, state.offer);
    return { state: remove(state, found.callId), effects: [answer, ...told] };
  }
  const next = put(replace(state, joined), joined);
  return { state: next.state, effects: [answer, ...next.effects] };
}

export function isRetry(method: string, params: JsonObject): boolean {
  return MAY_ASK.includes(method) && params['requestState'] !== undefined;
}

function tokenOf(entry: InFlight): string | undefined {
  return isWaiting(entry) ? entry.questions?.[0]?.token : undefined;
}

/** The client has not come back in time: the act is called off, whatever it has done. */
export function expireQuestion(state: State, askId: string): Step {
  const found = state.inFlight.find((each) => each.questions?.[0]?.askId === askId);
  if (found === undefined || !isWaiting(found)) return { state, effects: [] };
  return abandon(state, found);
}

/** Nobody can bring the state of this act any more. */
function abandon(state: State, entry: InFlight): Step {
  const { callId, questions = [], ended } = entry;
  const answers = questions.map(({ askId, requests, refused }): Effect => {
    const responses = { ...refuseAll(requests, 'gateway.ask_expired'), ...refused };
    return { kind: 'answer', askId, responses };
  });
  if (ended !== undefined) return { state: remove(state, callId), effects: answers };
  const { questions: _, ...kept } = entry;
  return {
    state: replace(state, { ...kept, cancelled: true }),
    effects: [{ kind: 'cancel', callId, cause: 'not_continued' }, ...answers],
  };
}

/** The same act: its method and parameters, apart from what belongs to the retry. */
function repeats({ act }: InFlight, { request, params }: Proposed): boolean {
  if (act?.method !== request.method || !isActMethod(request.method)) return false;
  const again = actOf(request.method, params);
  if (!again.ok) return false;
  const [before, now] = [digestOf(act.params), digestOf(again.value.params)];
  return before.ok && now.ok && before.value === now.value;
}

/** Clients of this era send results only; what nobody asked for is handed on untouched. */
export function responsesOf(params: JsonObject): InputResponses | undefined {
  const { inputResponses: given = {} } = params;
  if (!isObject(given) || !Object.values(given).every(isObject)) return undefined;
  const responses = Object.entries(given).map(([name, result]): [string, InputResponse] => [
    name,
    { kind: 'result', result },
  ]);
  return Object.fromEntries(responses);
}
