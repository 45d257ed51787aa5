import { ok, parseUrl, type Result, secureUrl } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import {
  secretWebContract,
  WEB_SERVER,
  type WebRequest,
  webMethodOf,
  webRequestOf,
} from '@ioi/law';
import type { ActionRequest, Rejection, SealedAction } from '@ioi/protocol';
import type { Header } from './admit.ts';
import { type Checking, type Invocation, isSame, sealedIn, unsealed } from './invocation.ts';
import { type Placed, placeSecret } from './place-secret.ts';
import { type EdgeRefusal, unsent } from './refusal.ts';
import type { LeasedSecret } from './sealed-credential.ts';

/** One request of a program in a sandbox, with all that shows that it is sealed. */
export type WebInvocation = Omit<Invocation, 'inputSchema'>;

type Given = Readonly<Record<string, unknown>>;

/** How headers were written into a request, beside what `Checking` has. */
export type WebChecking = Checking & {
  readonly metaOf: (
    params: ActionRequest['params'],
    lookup: (digest: Digest) => string | undefined,
  ) => Result<Given | undefined, Rejection>;
};

/** A request that is sealed, as it will be sent but for the secret. */
export type CheckedWeb = {
  readonly sealed: SealedAction;
  readonly request: Pick<WebRequest, 'method' | 'url' | 'headers' | 'body'>;
  readonly secret: string;
  /** Where it goes, and where the secret must be bound to. */
  readonly origin: string;
  /** Which of the requests that one action may take; undefined where it takes one. */
  readonly part?: number;
  /** The headers with the secret in its place. */
  readonly place: (headers: readonly Header[], leased: LeasedSecret) => Result<Placed, EdgeRefusal>;
};

const PLACEHOLDER = /^sk-ioi-[0-9a-f]{40}$/;

/** Of one run, and like a key of an API to whatever looks at its form. */
export function placeholderOf(hex: string): string {
  return `sk-ioi-${hex}`;
}

/**
 * Whether exactly this request is sealed: by the guardian's signature, under the contract of its
 * method and secret, with this URL, body, headers and placeholder.
 */
export function checkWebInvocation(
  invocation: WebInvocation,
  checking: WebChecking,
): Result<CheckedWeb, EdgeRefusal> {
  const { packet, contract, contents } = invocation;
  const found = sealedIn(invocation, checking);
  if (!found.ok) return found;
  const sealed = found.value;
  const [secret] = contract.secret_slots;
  const { server, tool } = contract;
  if (server !== WEB_SERVER || secret === undefined) return unsealed('it is no request with one');
  if (!isSame(secretWebContract(tool, secret), contract)) {
    return unsealed('the contract is not the one that follows from method and secret');
  }
  const { params } = sealed.request;
  const lookup = (digest: Digest) =>
    Object.hasOwn(contents, digest) ? contents[digest] : undefined;
  const given = checking.argumentsOf(contract, params, lookup);
  if (!given.ok) return unsealed(given.error.message);
  const meta = checking.metaOf(params, lookup);
  if (!meta.ok) return unsealed(meta.error.message);
  const { method, params: asked } = packet.payload.mcp;
  const isAsked = isSame(asked, given.value) && method === `tools/${tool}`;
  if (!isAsked || given.value['method'] !== webMethodOf(tool)) {
    return unsealed('the packet asks for something else');
  }
  const request = webRequestOf(given.value, meta.value);
  if (!request.ok) return unsealed(request.error);
  if (request.value.large !== undefined) return unsealed('its body is too long to be carried here');
  const placeholder = meta.value?.['placeholder'];
  if (typeof placeholder !== 'string' || !PLACEHOLDER.test(placeholder)) {
    return unsealed('it says of no placeholder that the secret belongs there');
  }
  const { url } = request.value;
  const place = secureUrl(url);
  if (place === undefined || parseUrl(url)?.href !== place.href) {
    return unsent('edge.other_url', 'a secret goes to https, or to http on this machine');
  }
  return ok({
    ...{ sealed, request: request.value, secret, origin: place.origin },
    place: (headers, leased) => placeSecret(headers, placeholder, leased),
  });
}
