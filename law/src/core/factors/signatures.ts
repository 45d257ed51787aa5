import { err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, digestOf } from '@ioi/canon';
import {
  type HybridPublicKey,
  type HybridSignature,
  keyId,
  type ThresholdSignature,
  type VerifierRegistry,
} from '@ioi/crypto';
import type {
  ApprovalSignature,
  ApproverSession,
  FactorEnrolled,
  GroupFactor,
  LevelFactor,
  OrganisationRoles,
  SignInAssertion,
  SignInFactor,
  WebAuthnAssertion,
} from '@ioi/protocol';
import { isAgentOf, isOffboarded } from '../roles/people.ts';
import { ANYBODY, approvesAs, roleFactor } from '../roles/sign-in.ts';
import { verifyAssertion } from './assertion.ts';
import { type ApproversHead, isOutOfBand, type Occasion, quorumFor } from './heads.ts';
import { idTokenClaims, verifyIdToken } from './id-token.ts';

/** An unlocked page signs for a quarter of an hour at most, in Chain Time milliseconds. */
export const LONGEST_SESSION_MS = 15n * 60_000n;

export type Signing = {
  readonly ownerKey: HybridPublicKey;
  /** Key id of the guardian the token is for. */
  readonly audience: string;
  readonly revocationEpoch: string;
  readonly chainTime: bigint;
  readonly approvers: ApproversHead | undefined;
  /** Who approves by their groups at the provider of the organisation. */
  readonly roles?: OrganisationRoles | undefined;
  readonly registry: VerifierRegistry;
};

/** Who signed: a factor's id, or the owner's key id. */
export type Signer = {
  readonly id: string;
  readonly means: 'owner' | 'passkey' | 'session' | 'sign_in' | 'group';
  readonly algorithms: readonly string[];
  readonly factor?: FactorEnrolled | LevelFactor;
};

/** Everybody who signed exactly this, each once; says which signature does not hold. */
export function signersOf(
  signed: object,
  signatures: readonly ApprovalSignature[],
  signing: Signing,
): Result<readonly Signer[], string> {
  const signers: Signer[] = [];
  for (const signature of signatures) {
    const signer = signerOf(signed, signature, signing);
    if (!signer.ok) return signer;
    if (hasLeft(signer.value.factor, signing.roles)) return err('its person has left');
    if (signers.some(({ id }) => id === signer.value.id)) return err('the same factor twice');
    if (signers.some((each) => isSamePerson(each, signer.value))) return err('one person twice');
    signers.push(signer.value);
  }
  return ok(signers);
}

/** What keeps signers from being who it takes; `more` where further ones could make up for it. */
export type Missing = { readonly more: boolean; readonly words: string };

/** Whether these signers are who it takes; undefined, or what is missing. */
export function missingAmong(
  signers: readonly Signer[],
  approvers: ApproversHead | undefined,
  occasion: Occasion,
): Missing | undefined {
  const { riskClass, agentId } = occasion;
  if (riskClass === 'high' && signers.some(isUnlocked)) return never('method');
  const own = signers.some(({ factor }) => isOwnAgent(factor, agentId));
  if (own) return never('separation: who asked cannot approve');
  const quorum = quorumFor(approvers, occasion);
  if (signers.length < quorum.factors) {
    return { more: true, words: `factors: ${signers.length} of ${quorum.factors}` };
  }
  const absent = quorum.groups?.filter((id) => !signers.some((each) => each.id === id)) ?? [];
  if (absent.length > 0) return { more: true, words: `groups: ${absent.join()} did not sign` };
  const isElsewhere = signers.some(
    ({ factor }) => factor !== undefined && 'rp_id' in factor && isOutOfBand(factor),
  );
  if (!quorum.out_of_band || isElsewhere) return undefined;
  return { more: true, words: 'out of band: only this machine signed' };
}

/** By what stays open for a while, and not by a person over this very token. */
function isUnlocked({ means }: Signer): boolean {
  return means === 'session' || means === 'sign_in';
}

function never(words: string): Missing {
  return { more: false, words };
}

/** What is of the hybrid class takes a classical and a post-quantum signature in sum. */
export function isHybridInSum(signers: readonly Signer[]): boolean {
  const algorithms = new Set(signers.flatMap((each) => each.algorithms));
  return algorithms.has('ml-dsa-44') && (algorithms.has('ed25519') || algorithms.has('es256'));
}

function signerOf(
  signed: object,
  signature: ApprovalSignature,
  signing: Signing,
): Result<Signer, string> {
  if (signature.algorithm !== 'session') return personOf(signed, signature, signing);
  const { session } = signature;
  const person = openerOf(session, signing);
  if (!person.ok) return err(`session: ${person.error}`);
  const message = canonicalBytes(signed);
  if (!message.ok) return err('canonical form');
  const key_id = keyId(session.session_key);
  const own = { algorithm: 'ed25519', key_id, signature: signature.signature } as const;
  const { registry } = signing;
  const held = registry.verify(session.session_key, 'SIG_DOMAIN_APPROVAL', message.value, own);
  if (!held.ok) return err(held.error.code);
  return ok({ ...person.value, algorithms: ['ed25519'] });
}

/** Who unlocked a page, and that it still is; says what does not hold. */
export function openerOf(session: ApproverSession, signing: Signing): Result<Signer, string> {
  const { opened_by, ...unsigned } = session;
  const broken = brokenSession(session, signing);
  if (broken !== undefined) return err(broken);
  const isSignIn = opened_by.algorithm === 'oidc';
  const person = isSignIn
    ? signedInOf(unsigned, opened_by, signing)
    : personOf(unsigned, opened_by, signing);
  if (!person.ok) return person;
  if (hasLeft(person.value.factor, signing.roles)) return err('its person has left');
  return isSignIn ? person : ok({ ...person.value, means: 'session' });
}

type Unopened = Omit<ApproverSession, 'opened_by'>;

/** An ID token whose nonce is the digest of the whole session: it is of no use for another. */
function signedInOf(
  unsigned: Unopened,
  { key_id, id_token }: SignInAssertion,
  { approvers, roles, chainTime }: Signing,
): Result<Signer, string> {
  const enrolled = levelOf<SignInFactor>(approvers, 'sign_in', key_id);
  const isRole = enrolled?.subject === ANYBODY;
  const factor = isRole ? roleApprover(id_token, enrolled, roles) : enrolled;
  if (factor === undefined) return err('no such factor');
  if (isForRoles(factor, roles)) return err('client_id: people sign in with a role by it');
  const digest = digestOf(unsigned);
  if (!digest.ok) return err('canonical form');
  const opened = BigInt(unsigned.opened);
  const held = verifyIdToken(id_token, factor, { digest: digest.value, opened, now: chainTime });
  if (!held.ok) return held;
  return ok({ id: factor.factor_id, means: 'sign_in', algorithms: [], factor });
}

/**
 * Whoever the organisation has approve, by the groups that the ID token itself names, where the
 * owner enrolled them. The keys are those the organisation publishes: it says who they are, too.
 */
function roleApprover(
  idToken: string,
  { issuer, client_id, acts_as }: SignInFactor,
  roles: OrganisationRoles | undefined,
): SignInFactor | undefined {
  if (roles?.issuer !== issuer || !approvesAs(idToken, roles)) return undefined;
  // Of a client of its own, which the owner names.
  const subject = String(idTokenClaims(idToken)?.['sub']);
  const factor = roleFactor({ ...roles, client_id }, subject);
  return acts_as === undefined ? factor : { ...factor, acts_as };
}

/**
 * Where people sign in for a role, the daemon chooses what the ID token is for: by that client it
 * could open a page of its own making.
 */
export function isForRoles(
  { issuer, client_id }: Pick<SignInFactor, 'issuer' | 'client_id'>,
  roles: OrganisationRoles | undefined,
): boolean {
  return roles?.issuer === issuer && roles.client_id === client_id;
}

/** An organisation says so of a person, and with that of whatever they were enrolled with. */
function hasLeft(factor: Signer['factor'], roles: OrganisationRoles | undefined): boolean {
  if (factor === undefined || roles === undefined) return false;
  if (factor.acts_as?.some((agentId) => isOffboarded(roles, agentId)) === true) return true;
  if (!('issuer' in factor) || factor.issuer !== roles.issuer) return false;
  return roles.offboarded?.includes(factor.subject) === true;
}

/** By whichever client of their provider. */
function isSamePerson({ factor: one }: Signer, { factor: other }: Signer): boolean {
  if (one === undefined || other === undefined) return false;
  if (!('issuer' in one) || !('issuer' in other)) return false;
  return one.issuer === other.issuer && one.subject === other.subject;
}

/** What an agent asks for, its person asked for. */
function isOwnAgent(factor: Signer['factor'], agentId: string | undefined): boolean {
  if (factor === undefined || agentId === undefined) return false;
  if (factor.acts_as?.some((each) => each === agentId)) return true;
  return 'issuer' in factor && isAgentOf(factor, agentId);
}

function levelOf<T extends LevelFactor>(
  approvers: ApproversHead | undefined,
  kind: T['kind'],
  id: string,
): T | undefined {
  const found = approvers?.levels?.find((each) => each.factor_id === id && each.kind === kind);
  return found as T | undefined;
}

function brokenSession(session: ApproverSession, signing: Signing): string | undefined {
  const [opened, expires] = [BigInt(session.opened), BigInt(session.expires)];
  if (session.audience !== signing.audience) return 'audience';
  if (BigInt(session.revocation_epoch) < BigInt(signing.revocationEpoch)) return 'revocation_epoch';
  if (opened > signing.chainTime || expires <= signing.chainTime) return 'expires';
  return expires - opened > LONGEST_SESSION_MS ? 'too long' : undefined;
}

function personOf(
  signed: object,
  signature: HybridSignature | WebAuthnAssertion | ThresholdSignature,
  signing: Signing,
): Result<Signer, string> {
  if (signature.algorithm === 'threshold-ed25519-ml-dsa-44') {
    return groupOf(signed, signature, signing);
  }
  if (signature.algorithm !== 'webauthn') return ownerOf(signed, signature, signing);
  const found = signing.approvers?.factors.find((each) => each.factor_id === signature.key_id);
  if (found === undefined) return err('no such factor');
  const digest = digestOf(signed);
  if (!digest.ok) return err('canonical form');
  const verified = verifyAssertion(signature, found, digest.value);
  if (!verified.ok) return verified;
  const algorithms = [found.public_key.algorithm];
  return ok({ id: found.factor_id, means: 'passkey', algorithms, factor: found });
}

function ownerOf(
  signed: object,
  signature: HybridSignature,
  { ownerKey, registry }: Signing,
): Result<Signer, string> {
  const message = canonicalBytes(signed);
  if (!message.ok) return err('canonical form');
  const held = registry.verify(ownerKey, 'SIG_DOMAIN_APPROVAL', message.value, signature);
  if (!held.ok) return err(held.error.code);
  const algorithms = ['ed25519', 'ml-dsa-44'];
  return ok({ id: keyId(ownerKey), means: 'owner', algorithms });
}

/** As many members as the group says, and its own key: both kinds of signature are in it. */
function groupOf(
  signed: object,
  signature: ThresholdSignature,
  { approvers, registry }: Signing,
): Result<Signer, string> {
  const factor = levelOf<GroupFactor>(approvers, 'group', signature.key_id);
  if (factor === undefined) return err('no such factor');
  const message = canonicalBytes(signed);
  if (!message.ok) return err('canonical form');
  const { public_key } = factor;
  const held = registry.verify(public_key, 'SIG_DOMAIN_APPROVAL', message.value, signature);
  if (!held.ok) return err(held.error.code);
  return ok({ id: factor.factor_id, means: 'group', algorithms: ['ed25519', 'ml-dsa-44'], factor });
}
