import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { digestBytes, digestOf } from '@ioi/canon';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { moduleOf, requestToApprove, signableBytes, signedPayload } from '@ioi/law';
import type { GovernanceReview, GovernanceSigned, SessionLease } from '@ioi/protocol';
import {
  type Approving,
  type Asked,
  draftStatement,
  type Payloads,
  type Refusal,
  type StatementDraft,
  tokenOver,
} from '../core/index.ts';
import { type Delivering, handOver, signToken } from './hand-over.ts';
import type { OwnerLock } from './owner-lock.ts';
import { signSession } from './session-words.ts';

export type Wish = {
  readonly operation: string;
  readonly asked: Asked;
  /** Canonical text of the policy that a grant or certificate is bound to. */
  readonly region?: string;
};

/**
 * Where the owner signs governance (whitepaper 9.4.3): the guardian drafts the statement from its
 * own heads and shows it; what is signed is what was shown, or nothing.
 */
export class StatementDesk {
  readonly #delivering: Delivering;
  readonly #lock: OwnerLock;

  constructor(delivering: Delivering, lock: OwnerLock) {
    this.#delivering = delivering;
    this.#lock = lock;
  }

  /** What would be signed now; changes nothing. */
  review(wish: Wish): Result<GovernanceReview, Refusal> {
    const draft = this.#draft(wish);
    return draft.ok ? ok(draft.value.review) : draft;
  }

  /**
   * Signs what was shown under this hash and hands it over; resolves when the log has it.
   * Rejects with `governance.moved` when it would no longer be that.
   */
  async sign(
    wish: Wish,
    reviewHash: string,
    passphrase: string,
  ): Promise<Result<GovernanceSigned, Refusal>> {
    const key = await this.#lock.open(passphrase);
    if (!key.ok) return key;
    const draft = this.#draft(wish);
    if (!draft.ok) return draft;
    const { review, signable } = draft.value;
    if (review.review_hash !== reviewHash) {
      return err({ code: 'governance.moved', message: 'it is no longer what was shown' });
    }
    const payload = this.#signed(draft.value, key.value);
    if (!payload.ok) return payload;
    const entry = await handOver(
      {
        kind: 'statement',
        operation: `${moduleOf(signable.operation)}/${review.operation}`,
        payload: payload.value,
        payloads: payloadsOf(wish),
      },
      this.#delivering,
    );
    if (!entry.ok) return entry;
    return ok({ review, entry: entry.value, ...sessionOf(review, key.value) });
  }

  #draft(wish: Wish): Result<StatementDraft, Refusal> {
    const { guardian } = this.#delivering;
    const { operation, asked } = wish;
    const texts = payloadsOf(wish);
    const [region_hash] = Object.keys(texts);
    if (region_hash === undefined) return draftStatement(wish, guardian.stage());
    const payload = (digest: string) => {
      const text = texts[digest] ?? guardian.payload(digest);
      return text === undefined ? undefined : encodeUtf8(text);
    };
    const stage = { ...guardian.stage(), evidence: { payload } };
    return draftStatement({ operation, asked: { ...asked, region_hash } }, stage);
  }

  #signed(
    { signable, stepUp }: StatementDraft,
    key: HybridKey,
  ): Result<Record<string, unknown>, Refusal> {
    const approving = this.#delivering.guardian.approving();
    if (!approving) return err({ code: 'node.no_genesis', message: 'the node has no genesis yet' });
    const message = signableBytes(signable, approving.node);
    const signature = signHybrid(key, 'SIG_DOMAIN_MANIFEST', message);
    const approval = stepUp && approvalOf({ signable, stepUp }, approving, key);
    return ok(signedPayload(signable, signature, approval));
  }
}

function payloadsOf({ region }: Wish): Payloads {
  return region === undefined ? {} : { [digestBytes(region)]: region };
}

/** Told to the owner alone: who holds it may use it. */
function sessionOf({ operation, statement }: GovernanceReview, key: HybridKey) {
  if (operation !== 'session_lease.issue') return {};
  const session = statement as Omit<SessionLease, 'signature'>;
  return { session_lease: { ...session, signature: signSession(session, key) } };
}

function approvalOf(
  { signable, stepUp }: Required<Pick<StatementDraft, 'signable' | 'stepUp'>>,
  approving: Approving,
  key: HybridKey,
) {
  const request = requestToApprove(signable, approving);
  const hash = digestOf(request);
  if (!request || !hash.ok) throw new Error(`${signable.operation} asks for no token`);
  const token = signToken(tokenOver(hash.value, stepUp.policyHash, approving), key);
  return { request, token };
}
