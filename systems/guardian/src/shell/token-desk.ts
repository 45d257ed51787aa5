import { err, ok, type Result } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import { keyId, verifierRegistry } from '@ioi/crypto';
import {
  type ApproversHead,
  isCounterAhead,
  isUnanswered,
  keys,
  missingAmong,
  openerOf,
  type Quorum,
  quorumFor,
  readCounter,
  rolesInForce,
  type Signer,
  type Signing,
  signersOf,
} from '@ioi/law';
import {
  type ApprovalSignature,
  type ApprovalToken,
  type ApproverSession,
  isApprovalToken,
  type OrganisationRoles,
} from '@ioi/protocol';
import {
  draftToken,
  type GuardianNotice,
  type PendingItem,
  type Refusal,
  type TokenDraft,
} from '../core/index.ts';
import type { Guardian } from './guardian.ts';
import type { GuardianStore } from './store.ts';

const UNANSWERED: Refusal = {
  code: 'question.unanswered',
  message: 'it asks for words: answer it, or deny it',
};

export type TokenDeskOptions = {
  readonly guardian: Guardian;
  readonly notify: (notice: GuardianNotice) => void;
  readonly store: GuardianStore;
};

/** How far the approval of one request has come. */
export type Standing = {
  readonly needs: Quorum;
  /** Ids of those who signed. */
  readonly signed: readonly string[];
};

/** A token that is whole, or how many more have to sign it. */
export type Signed = { readonly token: ApprovalToken } | { readonly standing: Standing };

type Begun = { readonly draft: TokenDraft; readonly signatures: readonly ApprovalSignature[] };

/**
 * Tokens on their way to being whole: everybody signs the same one. What is signed in part is
 * forgotten with its time, and with the process.
 */
export class TokenDesk {
  readonly #options: TokenDeskOptions;
  readonly #begun = new Map<string, Begun>();
  readonly #registry = verifierRegistry();

  constructor(options: TokenDeskOptions) {
    this.#options = options;
  }

  item(requestHash: string): PendingItem | undefined {
    const { store } = this.#options;
    const text = store.notice(requestHash) === undefined ? store.pendingItem(requestHash) : '';
    return text === undefined || text === '' ? undefined : this.asItStands(JSON.parse(text));
  }

  /** It may have been given more time since it was put on the desk. */
  asItStands(item: PendingItem): PendingItem {
    const { expires = item.expires } = this.#options.guardian.action(item.request_hash) ?? {};
    return { ...item, expires };
  }

  /** What to sign: what others signed before, or a fresh token of this method. */
  draft(requestHash: string, method?: ApprovalToken['method']): Result<TokenDraft, Refusal> {
    const item = this.item(requestHash);
    if (item === undefined) return notWaiting(requestHash);
    if (isUnanswered(item.contract, item.request)) return err(UNANSWERED);
    const begun = this.#begunFor(requestHash);
    if (begun !== undefined) return ok(begun.draft);
    const { guardian } = this.#options;
    const approving = guardian.approving();
    if (!approving) return err({ code: 'node.no_genesis', message: 'the node has no genesis yet' });
    const said = method === undefined ? approving : { ...approving, method };
    return draftToken(item, guardian.action(requestHash), said);
  }

  /** For a group, whose members may need longer: as long as the request waits. */
  draftForGroup(requestHash: string): Result<TokenDraft, Refusal> {
    const item = this.item(requestHash);
    if (item === undefined) return notWaiting(requestHash);
    const begun = this.#begunFor(requestHash);
    if (begun !== undefined) return ok(begun.draft);
    const draft = this.draft(requestHash, 'group');
    return draft.ok ? ok({ ...draft.value, expires: item.expires }) : draft;
  }

  /** What a group signed elsewhere: nothing but what was handed out for it is taken. */
  signForGroup(draft: unknown, signature: unknown): Result<Signed, Refusal> {
    const token = { ...(draft as object), user_sig: signature };
    if (!isApprovalToken(token)) return invalid('it is no approval');
    const { user_sig, co_sigs: _, ...given } = token;
    if (user_sig.algorithm !== 'threshold-ed25519-ml-dsa-44') return invalid('it is of no group');
    if (this.#begunFor(given.request_hash) !== undefined) return this.sign(given, user_sig);
    const fresh = this.draftForGroup(given.request_hash);
    if (!fresh.ok) return fresh;
    const { nonce, counter } = given;
    if (isSame({ ...fresh.value, nonce, counter }, given)) return this.sign(given, user_sig);
    const message = 'its time, policy or epoch is over, or it was changed; begin again';
    return err({ code: 'approval.moved', message });
  }

  /** Takes one signature over a draft; decides once there are as many as it takes. */
  sign(draft: TokenDraft, signature: ApprovalSignature): Result<Signed, Refusal> {
    const requestHash = draft.request_hash;
    const item = this.item(requestHash);
    if (item === undefined) return notWaiting(requestHash);
    const begun = this.#begunFor(requestHash);
    if (begun !== undefined && !isSame(begun.draft, draft)) {
      return err({ code: 'approval.moved', message: 'another token was begun; look again' });
    }
    if (!this.#isCurrent(draft)) {
      return err({ code: 'approval.moved', message: 'its time or its policy is over; look again' });
    }
    const signatures = [...(begun?.signatures ?? []), signature];
    const signers = this.signers(draft, signatures);
    if (!signers.ok) return signers;
    const late = this.countUp(signers.value.at(-1), signature);
    if (late !== undefined) return err(late);
    const { approvers } = this.#signing();
    const occasion = occasionOf(item);
    const missing = missingAmong(signers.value, approvers, occasion);
    if (missing?.more === false) return invalid(missing.words);
    if (missing === undefined) return ok({ token: this.#approve(draft, signatures) });
    this.#begun.set(requestHash, { draft, signatures });
    const signed = signers.value.map(({ id }) => id);
    return ok({ standing: { needs: quorumFor(approvers, occasion), signed } });
  }

  /** Who signed exactly this value, whatever it is. */
  signers(
    signed: object,
    signatures: readonly ApprovalSignature[],
  ): Result<readonly Signer[], Refusal> {
    const signers = signersOf(signed, signatures, this.#signing());
    return signers.ok ? signers : invalid(`user_sig: ${signers.error}`);
  }

  /** Who unlocked a page, or what of it does not hold. */
  opener(session: ApproverSession): Result<Signer, string> {
    return openerOf(session, this.#signing());
  }

  standing(item: PendingItem): Standing {
    const begun = this.#begunFor(item.request_hash);
    const signers = begun && this.signers(begun.draft, begun.signatures);
    const signed = signers?.ok ? signers.value.map(({ id }) => id) : [];
    return { needs: quorumFor(this.#signing().approvers, occasionOf(item)), signed };
  }

  approvers(): ApproversHead | undefined {
    return this.#options.guardian.stage().view.get<ApproversHead>(keys.approvers);
  }

  /** Who approves by the groups that the provider of the organisation says. */
  roles(): OrganisationRoles | undefined {
    return rolesInForce(this.#options.guardian.stage().view);
  }

  /** Durable before whoever decided is told. */
  decide(notice: Extract<GuardianNotice, { kind: 'approved' | 'denied' }>): void {
    this.#begun.delete(notice.request_hash);
    this.#options.store.saveNotice(notice.request_hash, JSON.stringify(notice));
    this.#options.notify(notice);
  }

  /** A passkey that counts backwards was copied. */
  countUp(signer: Signer | undefined, signature: ApprovalSignature): Refusal | undefined {
    if (signer?.means !== 'passkey' || signature.algorithm !== 'webauthn') return undefined;
    const { store } = this.#options;
    const counter = readCounter(signature);
    if (!isCounterAhead(counter, store.factorCounter(signer.id))) {
      const message = 'the passkey counts backwards: it may have been copied; revoke it';
      return { code: 'factor.counter_back', message };
    }
    store.saveFactorCounter(signer.id, counter);
    return undefined;
  }

  #approve(draft: TokenDraft, signatures: readonly ApprovalSignature[]): ApprovalToken {
    const [user_sig, ...co_sigs] = signatures;
    if (user_sig === undefined) throw new Error('somebody signed');
    const token = { ...draft, user_sig, ...(co_sigs.length === 0 ? {} : { co_sigs }) };
    this.decide({ kind: 'approved', request_hash: draft.request_hash, token });
    return token;
  }

  #begunFor(requestHash: string): Begun | undefined {
    const begun = this.#begun.get(requestHash);
    if (begun === undefined) return undefined;
    if (this.#isCurrent(begun.draft)) return begun;
    this.#begun.delete(requestHash);
    return undefined;
  }

  /** What the law would refuse is never decided here: the request would be off the desk. */
  #isCurrent(draft: TokenDraft): boolean {
    const { guardian } = this.#options;
    const isInTime = BigInt(draft.expires) > guardian.chainTime();
    return isInTime && guardian.action(draft.request_hash)?.policy_hash === draft.policy_hash;
  }

  #signing(): Signing {
    const { guardian } = this.#options;
    const node = guardian.node();
    if (!node) throw new Error('nothing waits on a node without a genesis');
    return {
      ownerKey: node.owner_key,
      audience: keyId(node.guardian_key),
      revocationEpoch: node.revocation_epoch,
      chainTime: guardian.chainTime(),
      approvers: this.approvers(),
      roles: this.roles(),
      registry: this.#registry,
    };
  }
}

function occasionOf({ contract, receipt, request }: PendingItem) {
  const { risk_class: riskClass } = contract;
  return { riskClass, ruleId: receipt.rule_id, agentId: request.context.agent_id };
}

function isSame(one: TokenDraft, other: TokenDraft): boolean {
  const [first, second] = [digestOf(one), digestOf(other)];
  return first.ok && second.ok && first.value === second.value;
}

function invalid(words: string): Result<never, Refusal> {
  return err({ code: 'approval.invalid', message: `the approval does not hold: ${words}` });
}

function notWaiting(requestHash: string): Result<never, Refusal> {
  const message = `${requestHash} is not waiting for a decision`;
  return err({ code: 'action.not_pending', message });
}
