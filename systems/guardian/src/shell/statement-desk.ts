import { err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { GOVERNANCE, requestToApprove, signableBytes, signedPayload } from '@ioi/law';
import type { GovernanceReview, GovernanceSigned } from '@ioi/protocol';
import {
  type Approving,
  type Asked,
  draftStatement,
  type Refusal,
  type StatementDraft,
  tokenOver,
} from '../core/index.ts';
import { type Delivering, handOver, signToken } from './hand-over.ts';
import type { OwnerLock } from './owner-lock.ts';

export type Wish = { readonly operation: string; readonly asked: Asked };

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
    const { review } = draft.value;
    if (review.review_hash !== reviewHash) {
      return err({ code: 'governance.moved', message: 'it is no longer what was shown' });
    }
    const payload = this.#signed(draft.value, key.value);
    if (!payload.ok) return payload;
    const entry = await handOver(
      {
        kind: 'statement',
        operation: `${GOVERNANCE}/${review.operation}`,
        payload: payload.value,
        payloads: {},
      },
      this.#delivering,
    );
    return entry.ok ? ok({ review, entry: entry.value }) : entry;
  }

  #draft(wish: Wish): Result<StatementDraft, Refusal> {
    return draftStatement(wish, this.#delivering.guardian.stage());
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
