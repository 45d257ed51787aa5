import { ok, type Result } from '@ioi/basis';
import { type EdgeRefusal, type Grant, isStale, secretsOf, unsent } from '../core/index.ts';
import type { Account } from './account.ts';
import type { Consent } from './grant-provider.ts';
import { authorise, type Challenge, challengeIn, scopesOf } from './oauth-flow.ts';
import { type Transmission, transmit } from './transmit.ts';

export type Carrying = {
  readonly account: Account;
  /** Asked in the middle of a request; undefined where a person has to begin by `ioi mcp login`. */
  readonly consent: Consent | undefined;
  readonly now: () => number;
};

export type Granted = { readonly response: Response; readonly secrets: readonly string[] };

type Request = Omit<Transmission, 'credential'>;

/** What one request has cost so far. */
type Tries = { refreshes: number; consents: number; asked: string | undefined };

/** A server that keeps asking for more is believed this often. */
const MAX_REFRESHES = 1;
const MAX_CONSENTS = 2;

/**
 * Sends a request under a grant. One that the server did not take for want of authorization is
 * sent again under a fresh grant; how often is bounded (MCP authorization, scope challenges).
 */
export async function carryGrant(
  request: Request,
  granted: Grant,
  carrying: Carrying,
): Promise<Result<Granted, EdgeRefusal>> {
  const tries: Tries = { refreshes: 0, consents: 0, asked: undefined };
  const asking = { carrying, tries, signal: request.signal };
  let grant = granted;
  if (grant.tokens?.refresh_token !== undefined && isStale(grant, carrying.now())) {
    const fresh = await another(NO_CHALLENGE, grant, asking);
    if (!fresh.ok) return fresh;
    grant = fresh.value;
  }
  for (;;) {
    const token = grant.tokens?.access_token;
    if (token === undefined && carrying.consent === undefined) {
      return unauthorised(carrying.account, NO_CHALLENGE);
    }
    const header =
      token === undefined ? undefined : (['authorization', `Bearer ${token}`] as const);
    const answered = await transmit({ ...request, credential: header });
    if (!answered.ok) return answered;
    const response = answered.value;
    const challenge = await challengeIn(response);
    if (challenge === undefined) return ok({ response, secrets: secretsOf(grant) });
    await response.body?.cancel();
    const next = await another(challenge, grant, asking);
    // It was there, whatever came of it.
    if (!next.ok) return { ok: false, error: { ...next.error, isSent: true } };
    grant = next.value;
  }
}

/** The grant, renewed where it is over; for what is sent once and not again. */
export async function freshGrant(
  grant: Grant,
  carrying: Carrying,
  signal: AbortSignal,
): Promise<Result<Grant, EdgeRefusal>> {
  if (grant.tokens?.refresh_token === undefined || !isStale(grant, carrying.now())) {
    return ok(grant);
  }
  const tries: Tries = { refreshes: 0, consents: 0, asked: undefined };
  return another(NO_CHALLENGE, grant, { carrying, tries, signal });
}

/** As a person begins it: a grant whatever there was. */
export async function login(
  { account, now }: Omit<Carrying, 'consent'>,
  consent: Consent,
  signal: AbortSignal,
): Promise<Result<Grant, EdgeRefusal>> {
  account.forget();
  const { target } = account;
  const headers = { accept: 'text/event-stream' };
  const answer = await fetch(target.url, { headers, signal, redirect: 'manual' }).catch(() => null);
  const challenge = answer === null ? undefined : await challengeIn(answer);
  await answer?.body?.cancel();
  const present = await account.credential();
  if (!present.ok) return present;
  const wanted = { ...NO_CHALLENGE, ...challenge };
  if (present.value.kind !== 'grant') return unauthorised(account, wanted);
  const scope = await scopesOf(account.wantedScope, wanted.scope);
  // Not in turn: a person takes minutes, in which what is granted has to be renewed.
  const asking = { account, now, signal, consent };
  const granted = await flow({ ...wanted, scope }, present.value.grant, asking);
  return granted ?? notLoggedIn(target.server);
}

const NO_CHALLENGE: Challenge = {
  kind: 'unauthorised',
  resourceMetadataUrl: undefined,
  scope: undefined,
};

type Asking = {
  readonly carrying: Carrying;
  readonly tries: Tries;
  readonly signal: AbortSignal;
};

/** Another grant than the one that was not taken, or why there is none. */
function another(
  challenge: Challenge,
  refused: Grant,
  asking: Asking,
): Promise<Result<Grant, EdgeRefusal>> {
  const { account } = asking.carrying;
  return account.inTurn(async () => {
    const present = await account.credential();
    if (!present.ok) return present;
    if (present.value.kind !== 'grant') return unauthorised(account, challenge);
    const { grant } = present.value;
    // Somebody else's request was refused a moment earlier, and brought a fresh one.
    const token = grant.tokens?.access_token;
    if (token !== undefined && token !== refused.tokens?.access_token) return ok(grant);
    return (
      (await refreshed(challenge, grant, asking)) ??
      (await consented(challenge, grant, asking)) ??
      unauthorised(account, challenge)
    );
  });
}

type Got = Promise<Result<Grant, EdgeRefusal> | undefined>;

async function refreshed(challenge: Challenge, grant: Grant, asking: Asking): Got {
  const { tries } = asking;
  const cannot = grant.tokens?.refresh_token === undefined || tries.refreshes >= MAX_REFRESHES;
  if (cannot || challenge.kind !== 'unauthorised') return undefined;
  tries.refreshes += 1;
  return flow(challenge, grant, { ...asking, ...asking.carrying, consent: undefined });
}

async function consented(challenge: Challenge, grant: Grant, asking: Asking): Got {
  const { tries, carrying } = asking;
  const isMore = challenge.kind === 'insufficient_scope';
  const scope = isMore ? await scopesOf(grant.scope, challenge.scope) : challenge.scope;
  if (isMore) carrying.account.wantedScope = scope;
  const isAskedAlready = tries.consents > 0 && scope === tries.asked;
  const { consent } = carrying;
  if (consent === undefined || tries.consents >= MAX_CONSENTS) return undefined;
  if (isMore && isAskedAlready) return undefined;
  tries.consents += 1;
  tries.asked = scope;
  return flow({ ...challenge, scope }, grant, { ...asking, ...carrying, consent });
}

type Flowing = Carrying & { readonly signal: AbortSignal };

async function flow(
  challenge: Challenge,
  grant: Grant,
  { account, now, signal, consent }: Flowing,
): Got {
  let mine = account.renewals;
  const save = async (changed: Grant): Promise<void> => {
    const isLate = consent === undefined && account.renewals !== mine;
    if (isLate) throw new Error('a person brought another grant meanwhile');
    const kept = await account.renew(changed);
    if (!kept.ok) throw new Error(kept.error.code);
    mine = account.renewals;
  };
  const isForced = consent !== undefined;
  const about = { target: account.target, grant, challenge, consent, isForced };
  try {
    return ok(await authorise({ ...about, save, signal, now }));
  } catch {
    // What a server said in its refusal may hold what it was sent: it is for nobody's eyes.
    return undefined;
  }
}

function notLoggedIn(server: string): Result<never, EdgeRefusal> {
  const why = 'nobody agreed, or a server is not there, not trusted or not understood';
  return unsent('login.failed', `no grant came from ${server}: ${why}`);
}

const SCOPE = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,200}$/;

function unauthorised(
  { target: { server, credential } }: Account,
  { kind, scope = '' }: Challenge,
): Result<never, EdgeRefusal> {
  const more = SCOPE.test(scope) ? `the scope "${scope}"` : 'more';
  const said =
    kind === 'insufficient_scope'
      ? `${server} wants ${more} for this`
      : `${server} has no grant under ${credential} that holds`;
  const message = `${said}; next: ioi mcp login ${server}`;
  return { ok: false, error: { code: 'upstream.unauthorised', message, isSent: false } };
}
