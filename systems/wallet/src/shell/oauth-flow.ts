import type { Grant, Target } from '../core/index.ts';
import { type Consent, ConsentNeeded, GrantProvider } from './grant-provider.ts';
import { guardedFetch } from './guarded-fetch.ts';

/** What a server said when it did not take a request (RFC 6750 3, RFC 9728 5.1). */
export type Challenge = {
  readonly kind: 'unauthorised' | 'insufficient_scope';
  readonly resourceMetadataUrl: URL | undefined;
  readonly scope: string | undefined;
};

export type Flow = {
  readonly target: Target;
  readonly grant: Grant;
  readonly challenge: Pick<Challenge, 'resourceMetadataUrl' | 'scope'>;
  /** Undefined where nobody can be asked: then only what was granted is renewed. */
  readonly consent: Consent | undefined;
  /** Ask a person although the grant could be renewed: it does not reach far enough. */
  readonly isForced: boolean;
  readonly save: (grant: Grant) => Promise<void>;
  readonly signal: AbortSignal;
  readonly now: () => number;
};

/**
 * A fresh grant, by renewal or from a person, saved on the way. Rejects with what went wrong, whose
 * message may quote what a server said: it is for nobody's eyes.
 */
export async function authorise(flow: Flow): Promise<Grant> {
  const { target, challenge, consent, isForced, signal } = flow;
  const { auth } = await import('@modelcontextprotocol/client');
  const provider = new GrantProvider(flow);
  const { resourceMetadataUrl, scope } = challenge;
  const options = {
    serverUrl: target.url,
    fetchFn: guardedFetch(target.isLocal, signal),
    ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
    ...(scope === undefined ? {} : { scope }),
  };
  const begun = await auth(provider, { ...options, forceReauthorization: isForced });
  if (begun === 'AUTHORIZED') return provider.grant;
  const { authorization, stateText } = provider;
  if (consent === undefined || authorization === undefined) throw new ConsentNeeded('nobody asked');
  const returned = await consent.ask(authorization, stateText);
  const [code, iss] = [returned.get('code'), returned.get('iss')];
  // Why it was refused comes from whoever sent the browser back: it is not repeated.
  if (code === null || returned.get('state') !== stateText) throw new Error('no code came back');
  const about = { authorizationCode: code, ...(iss === null ? {} : { iss }) };
  await auth(provider, { ...options, ...about });
  return provider.grant;
}

/** Undefined when the server took the request, as far as authorization goes. */
export async function challengeIn(response: Response): Promise<Challenge | undefined> {
  if (response.status !== 401 && response.status !== 403) return undefined;
  const { extractWWWAuthenticateParams } = await import('@modelcontextprotocol/client');
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response);
  if (response.status === 401) return { kind: 'unauthorised', resourceMetadataUrl, scope };
  if (error !== 'insufficient_scope') return undefined;
  return { kind: 'insufficient_scope', resourceMetadataUrl, scope };
}

/** All of them, each once, in the order they came. */
export async function scopesOf(...scopes: (string | undefined)[]): Promise<string | undefined> {
  const { computeScopeUnion } = await import('@modelcontextprotocol/client');
  return computeScopeUnion(...scopes);
}
