import { assert, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, digestOf, type Json } from '@ioi/canon';
import { isObject } from '@ioi/jsonrpc';
import { modelContract, modelKeysOf, mostCost, nameOfCandidate, type RoutingTable } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';
import type { Bound } from '../mcp/capture.ts';

const ROLES: readonly unknown[] = ['system', 'user', 'assistant'];
const FIELDS = ['route', 'messages', 'max_tokens', 'stream'];
const MOST_MESSAGES = 1000;
const MOST_TOKENS = 1_000_000;
const TOKENS = 1024;

/** The act that a question to a route is: with its candidates, so that they are decided on. */
export function bindModel(
  params: Readonly<Record<string, Json>>,
  table: RoutingTable,
): Result<Bound, Rejection> {
  const { route, messages, max_tokens: most = TOKENS, stream = false } = params;
  const unknown = Object.keys(params).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return refuse(`model::invoke takes ${FIELDS.join(', ')}`);
  // How the answer comes is no part of what is asked.
  if (typeof stream !== 'boolean') return refuse('stream is true or false');
  if (typeof route !== 'string') return refuse('model::invoke takes the name of a route');
  if (!Number.isSafeInteger(most) || Number(most) < 1 || Number(most) > MOST_TOKENS) {
    return refuse(`max_tokens is a whole number from 1 to ${MOST_TOKENS}`);
  }
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > MOST_MESSAGES) {
    return refuse(`messages is a list of at most ${MOST_MESSAGES}`);
  }
  if (!messages.every(isMessage)) return refuse('a message has role and content, each a text');
  const candidates = Object.hasOwn(table, route) ? table[route] : undefined;
  if (candidates === undefined) {
    return err({ code: 'model.unknown_route', message: `no route is called ${route}` });
  }
  const text = canonicalJson(messages);
  if (!text.ok) return refuse(text.error.message);
  const size = { bytes: Buffer.byteLength(text.value), messages: messages.length };
  const asked = { ...size, max_tokens: Number(most) };
  const amount = mostCost(
    asked,
    candidates.map(({ price }) => price),
  );
  const contract = modelContract(modelKeysOf(candidates));
  const hash = digestOf(contract);
  assert(hash.ok, 'our own contracts have a canonical form');
  return ok({
    contract: { contract, hash: hash.value },
    arguments: {
      ...{ route, candidates: candidates.map(nameOfCandidate) },
      ...{ max_tokens: most, messages: text.value },
      ...(amount === undefined ? {} : { amount: { ...amount } }),
    },
    root: undefined,
  });
}

function isMessage(given: Json): boolean {
  if (!isObject(given) || Object.keys(given).length !== 2) return false;
  return ROLES.includes(given['role']) && typeof given['content'] === 'string';
}

function refuse(message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code: 'step.params_invalid', message });
}
