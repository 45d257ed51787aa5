import { encodeUtf8, ok, parseUrl, type Result, secureUrl } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import {
  candidateNamed,
  isAsSealed,
  MODEL_SERVER,
  type ModelCandidate,
  type ModelMessage,
  modelContract,
  modelKeyHeader,
  modelKeysOf,
  modelRequestOf,
  type ProviderRequest,
  type ProviderShape,
  passedContract,
  passesModel,
  saidRequestOf,
} from '@ioi/law';
import { type Checking, isSame, sealedIn, unsealed } from './invocation.ts';
import { placeKey } from './place-secret.ts';
import { type EdgeRefusal, unsent } from './refusal.ts';
import type { CheckedWeb, WebInvocation } from './web-invocation.ts';

/** One question to one candidate of a route, with all that shows that it is sealed. */
export type ModelInvocation = WebInvocation & {
  /** Its place among those that were sealed. */
  readonly candidate: number;
  /** Whether the answer is to come in pieces: how it comes is no part of what was decided. */
  readonly streams: boolean;
};

type Given = Readonly<Record<string, unknown>>;

/**
 * Whether exactly this question is sealed, with this candidate among those it may be put to. What
 * is sent follows from both: nobody but who sealed them says where it goes or what it says.
 */
export function checkModelInvocation(
  invocation: ModelInvocation,
  checking: Checking,
): Result<CheckedWeb, EdgeRefusal> {
  const { packet, contract, contents, candidate: part, streams } = invocation;
  const found = sealedIn(invocation, checking);
  if (!found.ok) return found;
  const { params } = found.value.request;
  const lookup = (digest: Digest) =>
    Object.hasOwn(contents, digest) ? contents[digest] : undefined;
  const given = checking.argumentsOf(contract, params, lookup);
  if (!given.ok) return unsealed(given.error.message);
  const { method, params: asked } = packet.payload.mcp;
  if (!isSame(asked, given.value) || method !== `tools/${contract.tool}`) {
    return unsealed('the packet asks for something else');
  }
  const candidates = candidatesIn(given.value);
  const candidate = candidates?.[part];
  const isPassed = passesModel(contract);
  const how = { streams, part };
  const asks = candidate && (isPassed ? passedIn : questionIn)(given.value, candidate, how);
  if (candidates === undefined || candidate === undefined || asks === undefined) {
    return unsealed('it is no question to such a candidate');
  }
  const { approval } = contract;
  const keys = modelKeysOf(candidates);
  const version = given.value['asked_as'] === undefined ? '1' : '2';
  const follows = isPassed ? passedContract(keys, version) : modelContract(keys);
  const own = { ...follows, ...(approval ? { approval } : {}) };
  if (contract.server !== MODEL_SERVER || !isSame(own, contract)) {
    return unsealed('the contract is not the one that follows from the candidates');
  }
  const { key: secret } = candidate;
  if (secret === undefined)
    return unsent('edge.no_secret', 'this candidate is asked without a key');
  const { url, headers, body } = asks;
  const place = secureUrl(url);
  if (place === undefined || parseUrl(url)?.href !== place.href) {
    return unsent('edge.other_url', 'a secret goes to https, or to http on this machine');
  }
  return ok({
    ...{ sealed: found.value, secret, origin: place.origin, part },
    request: { method: 'POST', url, headers, body: encodeUtf8(body) },
    place: (own, leased) => placeKey(own, leased, (key) => modelKeyHeader(candidate, key)),
  });
}

type How = Pick<ModelInvocation, 'streams'> & { readonly part: number };

function candidatesIn({ candidates }: Given) {
  if (!Array.isArray(candidates)) return undefined;
  const read = candidates.map((each) => candidateNamed(String(each)));
  const known = read.filter((each) => each !== undefined);
  return known.length === read.length ? known : undefined;
}

function questionIn(
  { messages, max_tokens }: Given,
  candidate: ModelCandidate,
  { streams }: How,
): ProviderRequest | undefined {
  if (typeof messages !== 'string' || typeof max_tokens !== 'number') return undefined;
  try {
    const read: unknown = JSON.parse(messages);
    if (!Array.isArray(read)) return undefined;
    return modelRequestOf(candidate, { messages: read as ModelMessage[], max_tokens }, streams);
  } catch {
    return undefined;
  }
}

/**
 * What a program said, in the words of the candidate: of that it is sealed how it comes, too, and
 * the digest of what is sent.
 */
function passedIn(
  { stream, headers, body, max_tokens, asked_as, said, sent }: Given,
  candidate: ModelCandidate,
  { streams, part }: How,
): ProviderRequest | undefined {
  if (stream !== streams || !Array.isArray(headers) || typeof body !== 'string') return undefined;
  const most = typeof max_tokens === 'number' ? max_tokens : undefined;
  // The first version of this act was put to its own protocol alone, and said none.
  const provider = (asked_as ?? candidate.provider) as ProviderShape;
  const question = { provider, isStreamed: streams, headers: headers.map(String), body };
  const made = saidRequestOf(candidate, question, most);
  if (!made.ok) return undefined;
  const isSealed = asked_as === undefined || isAsSealed(made.value, part, { body, said, sent });
  return isSealed ? made.value : undefined;
}
