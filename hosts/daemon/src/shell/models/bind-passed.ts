import { assert, err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { WebRefusal } from '@ioi/gateway';
import {
  modelKeysOf,
  mostCost,
  nameOfCandidate,
  type PassedQuestion,
  passedContract,
  type RoutingTable,
} from '@ioi/law';
import type { RunModel } from '@ioi/protocol';
import type { Bound } from '../mcp/capture.ts';

/** Of an answer that costs something, where the program sets it no end. */
const LONGEST_ANSWER = 32_768;
/** Its server says more to a model than it was told: which tools there are, and how to use them. */
const BESIDE_MESSAGES = 15;

/**
 * The act that a question of a program is. It goes by the route of the model that it names, to the
 * candidates that speak its words: nothing is translated.
 */
export function bindPassed(
  asked: PassedQuestion,
  ways: readonly RunModel[],
  table: RoutingTable,
): Result<Bound, WebRefusal> {
  const named = ways.find(({ model }) => model === asked.model);
  const route = (named ?? ways.find(({ model }) => model === undefined))?.route;
  if (route === undefined) {
    return refuse('model.no_route', `no route of this program is for ${asked.model}`);
  }
  const all = Object.hasOwn(table, route) ? (table[route] ?? []) : [];
  const candidates = all.filter(({ provider }) => provider === asked.provider);
  if (candidates.length === 0) {
    const spoken = [...new Set(all.map(({ provider }) => provider))].join(', ') || 'nothing by now';
    const message = `route ${route} speaks ${spoken}; this was asked as ${asked.provider}`;
    return refuse('model.other_protocol', message);
  }
  const prices = candidates.map(({ price }) => price);
  const isPriced = prices.some((each) => each !== undefined);
  const most = asked.max_tokens ?? (isPriced ? LONGEST_ANSWER : undefined);
  const bytes = Buffer.byteLength(asked.body);
  const size = { bytes, messages: BESIDE_MESSAGES, max_tokens: (most ?? 0) * asked.answers };
  const amount = mostCost(size, prices);
  const contract = passedContract(modelKeysOf(candidates));
  const hash = digestOf(contract);
  assert(hash.ok, 'our own contracts have a canonical form');
  return ok({
    contract: { contract, hash: hash.value },
    arguments: {
      ...{ route, candidates: candidates.map(nameOfCandidate), asked_model: asked.model },
      ...{ stream: asked.isStreamed, headers: [...asked.headers], body: asked.body },
      ...(most === undefined ? {} : { max_tokens: most }),
      ...(amount === undefined ? {} : { amount: { ...amount } }),
    },
    root: undefined,
  });
}

function refuse(code: WebRefusal['code'], message: string): Result<never, WebRefusal> {
  return err({ code, message });
}
