import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import { digestBytes, digestOf } from '@ioi/canon';
import { keyId } from '@ioi/crypto';
import {
  challengeOf,
  keys,
  LONGEST_ROLE_SESSION_MS,
  type NodeHead,
  OPEN_ROLE_SESSION,
  type RoleSessionHead,
  roleKeys,
  rolesIn,
  rolesInForce,
} from '@ioi/law';
import type {
  OrganisationRoles,
  Rejection,
  RoleSession,
  RoleSessionOpened,
  SignInAsked,
  SignInBegun,
  SignInReturned,
} from '@ioi/protocol';
import { exchangeCode } from '../exchange-code.ts';
import type { HeadReader } from '../head-reader.ts';
import type { Writer } from '../writer.ts';
import { timeOf, viewOf } from './caller.ts';
import { SealedBox } from './sealed-box.ts';

export type SignInOptions = { readonly reader: HeadReader; readonly writer: Writer };

/** Where a sign-in that began goes on; only this process reads it. */
type Begun = {
  readonly state: string;
  readonly verifier: string;
  readonly token: string;
  readonly redirectUri: string;
  readonly session: RoleSession;
  readonly provider: Pick<OrganisationRoles, 'issuer' | 'client_id' | 'token_endpoint'>;
  readonly until: number;
};

/** A person may have to look for their second factor. */
const PATIENCE_MS = 10 * 60_000;
const HERE: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);
const LONGEST_REASON = 256;

/**
 * People on their way through the provider of the organisation (code flow with PKCE). Who they are
 * then is said by its ID token, which the guardian judges: what is made here gives nobody a role.
 * Whoever begins one carries it themselves, sealed: others on this machine, who may begin as many
 * as they like, keep nobody out.
 */
export class SignIns {
  readonly #options: SignInOptions;
  readonly #box = new SealedBox<Begun>();

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  begin({ redirect_uri, reason }: SignInAsked): Result<SignInBegun, Rejection> {
    if (!isHere(redirect_uri)) {
      return refuse('sign_in.not_here', 'the provider sends nobody back to another machine');
    }
    const { reader } = this.#options;
    const node = reader.get<NodeHead>(keys.node);
    if (node === undefined) return refuse('node.no_genesis', 'the node has no genesis yet');
    const roles = rolesInForce(reader);
    if (roles === undefined) return refuse('role.none_given', 'no organisation gives roles here');
    if (reason !== undefined && !(reason.length <= LONGEST_REASON && reason.isWellFormed())) {
      return refuse('sign_in.reason', `a reason is a text of ${LONGEST_REASON} characters at most`);
    }
    const [token, state, verifier] = Array.from({ length: 3 }, newSecret) as Secrets;
    const session: RoleSession = {
      artifact: 'RoleSession',
      audience: keyId(node.guardian_key),
      token_hash: digestBytes(`ioi_role_${token}`),
      expires: String(timeOf(reader) + LONGEST_ROLE_SESSION_MS),
      ...(reason === undefined ? {} : { break_glass: { reason } }),
    };
    const until = performance.now() + PATIENCE_MS;
    const { issuer, client_id, token_endpoint } = roles;
    const begun = { state, verifier, token: `ioi_role_${token}`, session, until };
    const provider = { issuer, client_id, token_endpoint };
    const sign_in = this.#box.seal({ ...begun, provider, redirectUri: redirect_uri });
    const url = addressFor(roles, { redirect_uri, state, verifier, session });
    return ok({ sign_in, url, session });
  }

  /** What the provider sent back opens the session, if the guardian says so. */
  async finish(returned: SignInReturned): Promise<Result<RoleSessionOpened, Rejection>> {
    const begun = this.#box.open(returned.sign_in);
    const isAsked = begun !== undefined && begun.until > performance.now();
    if (!isAsked || !isSame(begun.state, returned.state)) {
      return refuse('sign_in.not_asked', 'nobody here began that sign-in; begin again');
    }
    const { provider, session, token } = begun;
    if (returned.iss !== undefined && returned.iss !== provider.issuer) {
      return refuse('sign_in.other_issuer', 'another provider answered');
    }
    const { client_id, token_endpoint } = provider;
    const form = {
      ...{ grant_type: 'authorization_code', code: returned.code, client_id },
      ...{ redirect_uri: begun.redirectUri, code_verifier: begun.verifier },
    };
    const answer = await exchangeCode({ id: 'role', token_endpoint, form });
    if (!('id_token' in answer))
      return refuse('sign_in.not_exchanged', answer.fault ?? 'it says nothing');
    const { signature } = returned;
    const payload = {
      session,
      id_token: answer.id_token,
      ...(signature === undefined ? {} : { signature }),
    };
    const sealed = await this.#options.writer.submit(OPEN_ROLE_SESSION, payload);
    return sealed.ok ? this.#opened(session, token) : sealed;
  }

  #opened({ token_hash }: RoleSession, token: string): Result<RoleSessionOpened, Rejection> {
    const { reader } = this.#options;
    const head = reader.get<RoleSessionHead>(roleKeys.session(token_hash));
    if (head === undefined) return refuse('role.session_over', 'it is over already');
    const roles = rolesIn(head, rolesInForce(reader), timeOf(reader));
    return ok({ token, session: viewOf(token_hash, head, roles) });
  }
}

type Secrets = [token: string, state: string, verifier: string];

type Addressing = Pick<SignInAsked, 'redirect_uri'> & Pick<Begun, 'state' | 'verifier' | 'session'>;

function addressFor(
  { authorization_endpoint, client_id, scope, is_fresh }: OrganisationRoles,
  { redirect_uri, state, verifier, session }: Addressing,
): string {
  const digest = digestOf(session);
  if (!digest.ok) throw new Error(digest.error.message);
  const url = new URL(authorization_endpoint);
  const code_challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = {
    ...{ response_type: 'code', scope, client_id, redirect_uri, state, code_challenge },
    ...{ code_challenge_method: 'S256', nonce: challengeOf(digest.value) },
    ...(is_fresh ? { prompt: 'login', max_age: '60' } : {}),
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** A browser of this machine, on whichever port somebody waits for it (RFC 8252, 7.3). */
function isHere(uri: string): boolean {
  const url = URL.parse(uri);
  return url?.protocol === 'http:' && HERE.has(url.hostname) && url.username === '';
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function isSame(kept: string, given: string): boolean {
  const [one, other] = [kept, given].map((each) => createHash('sha256').update(each).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

function refuse(code: string, message: string): Result<never, Rejection> {
  return err({ code, message });
}
