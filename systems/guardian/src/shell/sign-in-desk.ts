import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import { ANYBODY, challengeOf, isForRoles, roleFactor, visible } from '@ioi/law';
import {
  authorizationQuery,
  type GuardianNotice,
  type OfferedSignIn,
  plainIdToken,
  type Refusal,
  SIGNED_IN_PATH,
  subjectIn,
} from '../core/index.ts';
import type { ClientSecrets } from './client-secrets.ts';
import type { Guardian } from './guardian.ts';
import { newOpening, type Opening } from './opening.ts';
import type { PageSession, PageSessions } from './page-sessions.ts';
import type { TokenDesk } from './token-desk.ts';

export type SignInDeskOptions = {
  readonly guardian: Guardian;
  readonly tokens: TokenDesk;
  readonly sessions: PageSessions;
  readonly notify: (notice: GuardianNotice) => void;
  /** Those that have a secret. */
  readonly clients: ClientSecrets;
};

/** What a page waits for after it sent its person to a provider. */
export type SigningIn = Opening & {
  readonly factor: OfferedSignIn;
  /** Digest of the state: whoever reads this memory gets no further by it. */
  readonly state: Buffer;
  readonly verifier: string;
};

/** As the provider gave it to the page (RFC 6749 4.1.2, RFC 9207). */
export type Returned = {
  readonly state: string;
  readonly code: string;
  readonly iss?: string | undefined;
};

/**
 * Signing in at a provider the owner pinned (whitepaper 7.3.2, level 1). State, nonce and verifier
 * are made here, and belong to the page that asked; the daemon carries the code. The nonce is the
 * digest of the session that is opened, so whoever carries the token can open nothing else by it.
 */
export class SignInDesk {
  readonly #options: SignInDeskOptions;

  constructor(options: SignInDeskOptions) {
    this.#options = options;
  }

  /** Where to go; what this page waited for before is forgotten. */
  begin(session: PageSession, factorId: string): Result<{ readonly url: string }, Refusal> {
    const factor = this.#factors().find(({ factor_id }) => factor_id === factorId);
    if (factor === undefined) return refuse('factor.unknown', 'nobody signs in here as that');
    const opening = newOpening(this.#options.guardian);
    if (opening === undefined) return refuse('node.no_genesis', 'the node has no genesis yet');
    const digest = digestOf(opening.unsigned);
    if (!digest.ok) throw new Error(digest.error.message);
    const [state, verifier] = [newSecret(), newSecret()];
    session.signingIn = { ...opening, factor, state: sha256(state), verifier };
    const url = new URL(factor.authorization_endpoint);
    const query = authorizationQuery(factor, {
      redirectUri: redirectTo(session),
      state,
      nonce: challengeOf(digest.value),
      challenge: sha256(verifier).toString('base64url'),
    });
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return ok({ url: url.href });
  }

  /** Unlocks the page that began this, if the provider says who is enrolled. */
  async finish(session: PageSession, returned: Returned): Promise<Result<void, Refusal>> {
    const { signingIn } = session;
    delete session.signingIn;
    if (signingIn === undefined || !timingSafeEqual(signingIn.state, sha256(returned.state))) {
      this.abandon(returned.state);
      return refuse('sign_in.not_asked', 'this page did not begin that sign-in; begin again');
    }
    const { factor, unsigned, key, verifier } = signingIn;
    if (returned.iss !== undefined && returned.iss !== factor.issuer) {
      return refuse('sign_in.other_issuer', 'another provider answered');
    }
    const { client_id, client_auth, token_endpoint, factor_id } = factor;
    const form = {
      ...{ grant_type: 'authorization_code', code: returned.code, client_id },
      ...{ redirect_uri: redirectTo(session), code_verifier: verifier },
    };
    const { guardian, notify, tokens, sessions, clients } = this.#options;
    const token =
      client_auth === undefined
        ? await guardian.exchanges.ask({ token_endpoint, form }, notify)
        : await clients.exchange({ ...factor, client_auth }, { form });
    if (!token.ok) return token;
    const id_token = plainIdToken(token.value);
    const opened_by = { algorithm: 'oidc' as const, key_id: factor_id, id_token };
    const opened = { ...unsigned, opened_by };
    const opener = tokens.opener(opened);
    if (!opener.ok) return notHeld(opener.error, id_token);
    sessions.unlock(session, { session: opened, key });
    session.wasVerified = true;
    return ok(undefined);
  }

  /**
   * The browser it came back to is not the one that asked: somebody had a person sign in for a page
   * of their own, so that page gets nothing, not even with the code.
   */
  abandon(state: string): void {
    this.#options.sessions.endSignIn(sha256(state));
  }

  #factors(): OfferedSignIn[] {
    const { tokens } = this.#options;
    const levels = tokens.approvers()?.levels ?? [];
    const roles = tokens.roles();
    const enrolled = levels.filter((each) => each.kind === 'sign_in');
    const usable = enrolled.filter((each) => !isForRoles(each, roles));
    return usable.map((each) => {
      if (roles === undefined || each.subject !== ANYBODY) return each;
      // Whoever it is shows when they come back; where to go the organisation says.
      const { factor_id, label, client_id } = each;
      const offered = roleFactor({ ...roles, client_id }, ANYBODY);
      return { ...offered, factor_id, label, scope: roles.scope };
    });
  }
}

function notHeld(words: string, token: string): Result<never, Refusal> {
  const isOther = words === 'sub' || words === 'no such factor';
  const who = isOther ? `: the provider says ${visible(subjectIn(token))}` : '';
  const renew = words.startsWith('kid') ? '; next: ioi wallet level renew' : '';
  const message = `the sign-in does not hold: ${words}${who}${renew}`;
  return refuse('sign_in.invalid', message);
}

function redirectTo({ place }: PageSession): string {
  return `${place.origin}${SIGNED_IN_PATH}`;
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refuse(code: string, message: string): Result<never, Refusal> {
  return err({ code, message });
}
