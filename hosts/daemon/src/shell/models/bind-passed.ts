import { assert, err, ok, type Result } from '@ioi/basis';
import { digestBytes, digestOf } from '@ioi/canon';
import type { WebRefusal } from '@ioi/gateway';
import {
  LONGEST_ANSWER,
  modelKeysOf,
  mostCost,
  nameOfCandidate,
  type PassedQuestion,
  passedContract,
  type RoutingTable,
  sentTo,
} from '@ioi/law';
import type { RunModel } from '@ioi/protocol';
import type { Bound } from '../mcp/capture.ts';

/** Its server says more to a model than it was told: which tools there are, and how to use them. */
const BESIDE_MESSAGES = 15;

/**
 * The act that a question of a program is. It goes by the route of the model that it names, to the
 * candidates that speak as it does, then to those that it can be put to in their own words.
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
  const isPriced = all.some(({ price }) => price !== undefined);
  const most = asked.max_tokens ?? (isPriced ? LONGEST_ANSWER : undefined);
  const sent = sentTo(asked, all, most);
  if (!sent.ok) {
    const spoken = [...new Set(all.map(({ provider }) => provider))].join(', ') || 'nothing by now';
    const place = `route ${route} speaks ${spoken}; this was asked as ${asked.provider}`;
    return sent.error === undefined
      ? refuse('model.other_protocol', place)
      : refuse('model.no_words', `${sent.error}: ${place}`);
  }
  const candidates = sent.value.map(({ candidate }) => candidate);
  const prices = candidates.map(({ price }) => price);
  const bytes = Math.max(...sent.value.map((each) => each.bytes));
  const size = { bytes, messages: BESIDE_MESSAGES, max_tokens: (most ?? 0) * asked.answers };
  const amount = mostCost(size, prices);
  const contract = passedContract(modelKeysOf(candidates));
  const hash = digestOf(contract);
  assert(hash.ok, 'our own contracts have a canonical form');
  return ok({
    contract: { contract, hash: hash.value },
    arguments: {
      ...{ route, candidates: candidates.map(nameOfCandidate), asked_model: asked.model },
      ...{ asked_as: asked.provider, said: digestBytes(asked.body) },
      sent: sent.value.map(({ digest }) => digest),
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
