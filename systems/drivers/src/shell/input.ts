import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@ioi/canon';
import { isObject, type JsonObject, type RpcError } from '@ioi/jsonrpc';
import type { Ask, InputRequest, InputRequests } from '@ioi/protocol';
import type { ToolAnswer } from '../core/answer.ts';
import type { Patience } from './patience.ts';
import { askUnavailable } from './questions.ts';

/** Before a server that only wants its state back is asked again. */
const PAUSE_MS = 100;
/** What a server may want of the client's side; anything else is refused by name. */
const ASKABLE = ['elicitation/create', 'sampling/createMessage', 'roots/list'];

/** What the client's side says to all a server wants, or why the act ends here. */
export type Input =
  | { readonly kind: 'responses'; readonly responses: JsonObject }
  | { readonly kind: 'ended'; readonly answer: ToolAnswer };

/** Asks the client's side for all a server wants; for nothing at all, a little later. */
export async function answerInput(
  wanted: Json | undefined,
  ask: Ask | undefined,
  patience: Patience,
): Promise<Input> {
  if (wanted === undefined) {
    await sleep(PAUSE_MS);
    return patience.over === undefined
      ? { kind: 'responses', responses: {} }
      : { kind: 'ended', answer: { kind: 'silent', silence: patience.over } };
  }
  const requests = readRequests(wanted);
  if (requests === undefined) {
    const detail = 'what it asks for is not a map of requests';
    return { kind: 'ended', answer: { kind: 'silent', silence: 'answer_refused', detail } };
  }
  if (ask === undefined) return ended(askUnavailable(methodsOf(requests)));
  return put(requests, ask, patience);
}

async function put(requests: InputRequests, ask: Ask, patience: Patience): Promise<Input> {
  patience.pause();
  const given = await Promise.race([
    ask(requests).catch(() => ({})),
    new Promise<undefined>((resolve) => patience.whenOver(() => resolve(undefined))),
  ]);
  patience.resume();
  if (given === undefined || patience.over !== undefined) {
    const silence = patience.over ?? 'cancelled';
    return { kind: 'ended', answer: { kind: 'silent', silence } };
  }
  const responses: Record<string, Json> = {};
  for (const [name, response] of Object.entries(given)) {
    // Only results have a place in the repeated request, so an error is the end of the act.
    if (response.kind === 'error') return ended(response.error);
    responses[name] = response.result;
  }
  return { kind: 'responses', responses };
}

function ended(error: RpcError): Input {
  return { kind: 'ended', answer: { kind: 'error', error } };
}

function readRequests(wanted: Json): InputRequests | undefined {
  if (!isObject(wanted)) return undefined;
  const requests: Record<string, InputRequest> = {};
  for (const [name, request] of Object.entries(wanted)) {
    if (!isObject(request)) return undefined;
    const { method, params } = request;
    if (typeof method !== 'string' || !ASKABLE.includes(method)) return undefined;
    requests[name] = { method, ...(params === undefined ? {} : { params }) };
  }
  return requests;
}

function methodsOf(requests: InputRequests): string {
  return [...new Set(Object.values(requests).map(({ method }) => method))].join(', ');
}
