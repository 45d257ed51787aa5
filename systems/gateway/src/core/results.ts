import type { Json } from '@ioi/canon';
import { errorLine, INVALID_PARAMS, isObject, type JsonObject, resultLine } from '@ioi/jsonrpc';
import { LISTS } from './acts.ts';
import type { Answer, Listing, Offer } from './backend.ts';
import { earlier } from './earlier.ts';
import {
  HEADER_MISMATCH,
  MISSING_CAPABILITY,
  named,
  SERVER_ERROR,
  UNSUPPORTED_VERSION,
} from './errors.ts';
import type { InFlight, SendEffect } from './state.ts';

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
const RESOURCE_NOT_FOUND = -32002;
const URL_ELICITATION_REQUIRED = -32042;
const METHOD_NOT_FOUND = -32601;

type Answerable = Pick<InFlight, 'from' | 'id' | 'era' | 'method'>;

/** The answer to a request, in the words of the era it was made in. */
export function answered(entry: Answerable, given: Answer, offer: Offer): SendEffect[] {
  const { from: to, id } = entry;
  if (id === undefined) return [];
  const answer = inWordsOf(given, entry.era);
  if (answer.kind === 'error') {
    const { error } = answer;
    const status = entry.era === 'stateless' ? statusOf(error.code) : {};
    return [{ kind: 'send', line: errorLine(id, error), to, last: true, ...status }];
  }
  const result =
    entry.era === 'stateless'
      ? complete(answer.result, { method: entry.method, offer })
      : earlier(entry.method, answer.result);
  return [{ kind: 'send', line: resultLine(id, result), to, last: true }];
}

/** One page of everything; how long it may be kept is said where the era has words for it. */
export function listResult(method: string, listing: Listing): Json {
  const { items, ttlMs, cacheScope } = listing;
  return { [LISTS.get(method)?.items ?? 'items']: [...items], ttlMs, cacheScope };
}

/** Every result says what it is and who gives it (MCP 2026-07-28, basic). */
export function complete(
  result: Json,
  { method, offer }: { readonly method: string; readonly offer: Offer },
): Json {
  if (!isObject(result)) return result;
  const hints = CACHEABLE.has(method) ? { ttlMs: 0, cacheScope: 'private' } : {};
  return { resultType: 'complete', ...hints, ...result, _meta: identified(result['_meta'], offer) };
}

export function identified(meta: Json | undefined, offer: Offer): JsonObject {
  return { ...(isObject(meta) ? meta : {}), [SERVER_INFO]: offer.serverInfo };
}

const CACHEABLE: ReadonlySet<string> = new Set([
  'server/discover',
  'resources/read',
  ...LISTS.keys(),
]);

/** Errors have other codes in the later era. */
export function inWordsOf(answer: Answer, era: InFlight['era']): Answer {
  if (answer.kind === 'result' || era === 'stateful') return answer;
  return { kind: 'error', error: stateless(answer.error) };
}

/** Codes of the earlier era must not be sent to clients of the later one. */
function stateless(error: Extract<Answer, { kind: 'error' }>['error']) {
  if (error.code === RESOURCE_NOT_FOUND) return { ...error, code: INVALID_PARAMS };
  if (error.code !== URL_ELICITATION_REQUIRED) return error;
  return named(SERVER_ERROR, 'gateway.url_elicitation_required');
}

const BAD_REQUEST: readonly number[] = [HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION];

function statusOf(code: number): Pick<SendEffect, 'status'> {
  if (code === METHOD_NOT_FOUND) return { status: 404 };
  return BAD_REQUEST.includes(code) ? { status: 400 } : {};
}
