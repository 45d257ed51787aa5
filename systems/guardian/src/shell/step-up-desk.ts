import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { BOUNDARY } from '@ioi/law';
import type { ApprovalSignature, PolicyEnvelope } from '@ioi/protocol';
import {
  type ActivationDraft,
  isShowable,
  type PolicyView,
  policyView,
  type Refusal,
} from '../core/index.ts';
import type { PolicySummary } from './approver.ts';
import { signedDigest } from './challenge.ts';
import { type Delivering, handOver } from './hand-over.ts';
import type { TokenDesk } from './token-desk.ts';

/** What the owner signed, and what it comes to. */
export type SignedActivation = {
  readonly summary: PolicySummary;
  readonly text: string;
  readonly envelope: PolicyEnvelope;
  readonly approval: NonNullable<ActivationDraft['approval']>;
  readonly userSig: ApprovalSignature;
};

/** A policy as the page shows it that confirms it: every text is safe to print. */
export type StepUpView = PolicyView & {
  readonly request_hash: string;
  /** Chain Time by which a passkey has to confirm it. */
  readonly expires: string;
};

/** How far one has come, for whoever asked for it at a terminal. */
export type StepUpStanding = {
  readonly state: 'waiting' | 'active' | 'left' | 'over';
  readonly refusal?: Refusal;
};

export type StepUpDeskOptions = Delivering & {
  readonly tokens: TokenDesk;
  /** Where the log and who reads it later find the policy. */
  readonly savePayload: (digest: string, text: string) => void;
};

const MOST_ENDED = 16;

/**
 * Policies that the owner signed and that a passkey has yet to confirm, on the guardian's page: one
 * at a time, for as long as the token over it holds. It ends with the process.
 */
export class StepUpDesk {
  readonly #options: StepUpDeskOptions;
  readonly #ended = new Map<string, StepUpStanding>();
  #waiting: SignedActivation | undefined;

  constructor(options: StepUpDeskOptions) {
    this.#options = options;
  }

  /** The request to confirm. What waited before is given up. */
  begin(signed: SignedActivation): Result<string, Refusal> {
    if (!isShowable(signed.summary)) {
      const message = 'it changes more than a page shows: activate its rules before they observe';
      return err({ code: 'policy.too_long_to_show', message });
    }
    if (this.#waiting !== undefined) this.#end(this.#waiting, { state: 'left' });
    this.#waiting = signed;
    return ok(hashOf(signed));
  }

  shown(): StepUpView | undefined {
    const waiting = this.#current();
    if (waiting === undefined) return undefined;
    const { expires } = waiting.approval.token;
    return { ...policyView(waiting.summary), request_hash: hashOf(waiting), expires };
  }

  standing(requestHash: string): StepUpStanding {
    const waiting = this.#current();
    if (waiting !== undefined && hashOf(waiting) === requestHash) return { state: 'waiting' };
    return this.#ended.get(requestHash) ?? { state: 'over' };
  }

  /** What a passkey signs to confirm it. */
  digest(requestHash: string): Result<Digest, Refusal> {
    const waiting = this.#named(requestHash);
    return waiting.ok ? ok(signedDigest(waiting.value.approval.token)) : waiting;
  }

  async confirm(requestHash: string, given: ApprovalSignature): Promise<Result<void, Refusal>> {
    const named = this.#named(requestHash);
    if (!named.ok) return named;
    const { text, summary, envelope, approval, userSig } = named.value;
    const { tokens, savePayload } = this.#options;
    const signers = tokens.signers(approval.token, [userSig, given]);
    if (!signers.ok) return signers;
    const second = signers.value.at(-1);
    if (second?.means !== 'passkey') {
      return err({ code: 'approval.passkey_required', message: 'a passkey has to confirm it' });
    }
    const late = tokens.countUp(second, given);
    if (late !== undefined) return err(late);
    // Whatever comes of it, it is signed once; whoever asked for it waits until the log has it.
    this.#end(named.value, { state: 'waiting' });
    savePayload(summary.policy_hash, text);
    const token = { ...approval.token, user_sig: userSig, co_sigs: [given] };
    const sealed = await handOver(
      {
        kind: 'activation',
        operation: `${BOUNDARY}/policy.activate`,
        payload: { envelope, request: approval.request, token },
        payloads: { [summary.policy_hash]: text },
      },
      this.#options,
    );
    const refused = sealed.ok ? undefined : sealed.error;
    this.#end(named.value, refused ? { state: 'left', refusal: refused } : { state: 'active' });
    return sealed.ok ? ok(undefined) : sealed;
  }

  leave(requestHash: string): void {
    const named = this.#named(requestHash);
    if (named.ok) this.#end(named.value, { state: 'left' });
  }

  #named(requestHash: string): Result<SignedActivation, Refusal> {
    const waiting = this.#current();
    if (waiting !== undefined && hashOf(waiting) === requestHash) return ok(waiting);
    const message = 'nothing waits to be confirmed under this; ask again: ioi pause --for 15m';
    return err({ code: 'policy.not_waiting', message });
  }

  /** Nobody confirms what is over, or what another policy came into force before. */
  #current(): SignedActivation | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    const { guardian } = this.#options;
    const { expires, policy_hash } = waiting.approval.token;
    const isInTime = BigInt(expires) > guardian.chainTime();
    if (isInTime && guardian.activePolicy()?.policy_hash === policy_hash) return waiting;
    this.#end(waiting, { state: 'over' });
    return undefined;
  }

  #end(signed: SignedActivation, standing: StepUpStanding): void {
    if (this.#waiting === signed) this.#waiting = undefined;
    this.#ended.set(hashOf(signed), standing);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }
}

function hashOf({ approval }: SignedActivation): string {
  return approval.token.request_hash;
}
