import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, parseStrict } from '@ioi/canon';
import { signHybrid } from '@ioi/crypto/shell';
import {
  BOUNDARY,
  bundleInForce,
  type CompiledPolicy,
  canonicalize,
  compilePolicy,
  type Difference,
  inclusionResult,
  mayWiden,
  type PolicyCache,
  policyHash,
  takesPasskey,
  wordsOutside,
} from '@ioi/law';
import {
  type ActionRules,
  type InclusionResult,
  isActionRules,
  type PolicyEnvelope,
} from '@ioi/protocol';
import { draftActivation, type PendingItem, type Refusal } from '../core/index.ts';
import { bytesOf, type Delivering, handOver, signToken } from './hand-over.ts';
import { inTurns } from './in-turns.ts';
import type { OwnerLock } from './owner-lock.ts';
import { StepUpDesk } from './step-up-desk.ts';
import type { GuardianStore } from './store.ts';
import { type Signed, TokenDesk } from './token-desk.ts';

export type PolicySummary = {
  readonly policy_id: string;
  readonly policy_hash: string;
  readonly rules: number;
  /** Whether it only observes: then all but its BLOCK rules is let pass. */
  readonly observes: boolean;
  /** How it stands to the policy it replaces. */
  readonly widening: InclusionResult | 'initial';
  /** Where it is `wider`: a request that it lets go further, and how both decide. */
  readonly witness?: Difference;
  /** Where it is `undecided`: what kept it from being told. */
  readonly reason?: string;
  /** How it goes further than the organisation's ceiling: then it cannot be activated. */
  readonly outside?: string;
  readonly replaces?: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
};

/** In force; or signed, and to be confirmed by a passkey under this hash. */
export type Activated = PolicySummary & { readonly confirm?: string };

export type ApproverOptions = Delivering & {
  readonly store: GuardianStore;
  readonly lock: OwnerLock;
  /** That of the module, which need not prove again what was proved for a person. */
  readonly policies: PolicyCache;
};

/**
 * What a person does at the guardian. Every decision opens the owner's key with the passphrase,
 * signs, and forgets it. A decision is durable before the person is told.
 */
export class Approver {
  readonly #options: ApproverOptions;

  /** Where tokens are signed, by whichever means. */
  readonly tokens: TokenDesk;
  /** What waits for a passkey beside the owner's key. */
  readonly stepUps: StepUpDesk;

  constructor(options: ApproverOptions) {
    this.#options = options;
    this.tokens = new TokenDesk(options);
    const savePayload = (digest: string, text: string) => {
      options.store.seals.savePayload(digest, text);
    };
    this.stepUps = new StepUpDesk({ ...options, tokens: this.tokens, savePayload });
  }

  pending(): PendingItem[] {
    const items = this.#options.store.pendingItems().map((item) => JSON.parse(item) as PendingItem);
    const { store } = this.#options;
    const open = items.filter((item) => store.notice(item.request_hash) === undefined);
    return open.map((item) => this.tokens.asItStands(item));
  }

  async approve(requestHash: string, passphrase: string): Promise<Result<Signed, Refusal>> {
    const key = await this.#options.lock.open(passphrase);
    if (!key.ok) return key;
    const draft = this.tokens.draft(requestHash);
    if (!draft.ok) return draft;
    return this.tokens.sign(draft.value, signToken(draft.value, key.value).user_sig);
  }

  async deny(
    requestHash: string,
    passphrase: string,
    note?: string,
  ): Promise<Result<void, Refusal>> {
    const key = await this.#options.lock.open(passphrase);
    return key.ok ? this.denyVerified(requestHash, note) : key;
  }

  /** For whoever verified the person already. */
  denyVerified(requestHash: string, note?: string): Result<void, Refusal> {
    if (this.tokens.item(requestHash) === undefined) return notWaiting(requestHash);
    const about = note === undefined ? {} : { note };
    this.tokens.decide({ kind: 'denied', request_hash: requestHash, ...about });
    return ok(undefined);
  }

  /** What activating this canonical policy would mean; changes nothing. */
  async review(policyText: string): Promise<Result<PolicySummary, Refusal>> {
    const rules = readPolicy(policyText);
    if (!rules.ok) return rules;
    const { guardian, store } = this.#options;
    const active = guardian.activePolicy();
    const before = active && readPolicy(store.seals.payload(active.policy_hash) ?? '');
    const old = new Set(before?.ok ? linesOf(before.value) : []);
    const fresh = new Set(linesOf(rules.value));
    const compiled = compilePolicy(rules.value);
    const was = before?.ok ? compilePolicy(before.value) : undefined;
    return ok({
      policy_id: rules.value.policy_id,
      policy_hash: policyHash(rules.value),
      rules: rules.value.rules.length,
      observes: rules.value.mode === 'observe',
      ...(await this.#comparison(was, compiled, active !== undefined)),
      ...(await this.#outside(compiled)),
      ...(active ? { replaces: active.policy_hash } : {}),
      added: [...fresh].filter((line) => !old.has(line)),
      removed: [...old].filter((line) => !fresh.has(line)),
    });
  }

  /**
   * Signs and hands over to the daemon; resolves when the log has it, or says why not. `onto`: the
   * policy that it has to replace, where somebody compared them before. Where a passkey has to
   * confirm it, it is signed and waits for that.
   */
  async activate(
    policyText: string,
    passphrase: string,
    onto?: { readonly replaces: string | undefined },
  ): Promise<Result<Activated, Refusal>> {
    const summary = await this.review(policyText);
    if (!summary.ok) return summary;
    const { guardian, store } = this.#options;
    if (guardian.activePolicy()?.policy_hash === summary.value.policy_hash) {
      return err({ code: 'policy.already_active', message: 'this policy is active already' });
    }
    const { outside } = summary.value;
    if (outside !== undefined) return err({ code: 'policy.outside_ceiling', message: outside });
    const key = await this.#options.lock.open(passphrase);
    if (!key.ok) return key;
    const now = guardian.activePolicy()?.policy_hash;
    if (onto !== undefined && now !== onto.replaces) return moved();
    const approving = guardian.approving();
    if (!approving) return err({ code: 'node.no_genesis', message: 'the node has no genesis yet' });
    const { policy_id: policyId, policy_hash } = summary.value;
    const hash = policy_hash as `sha256:${string}`;
    const draft = draftActivation(
      { policyId, policyHash: hash },
      guardian.activePolicy(),
      approving,
    );
    const signature = signHybrid(key.value, 'SIG_DOMAIN_POLICY', bytesOf(draft.envelope));
    const envelope: PolicyEnvelope = { ...draft.envelope, signature };
    const approval = mustApprove(summary.value) ? draft.approval : undefined;
    const token = approval && signToken(approval.token, key.value);
    if (approval && token && this.#takesPasskey(summary.value)) {
      const signed = { text: policyText, envelope, approval, userSig: token.user_sig };
      const confirm = this.stepUps.begin({ summary: summary.value, ...signed });
      return confirm.ok ? ok({ ...summary.value, confirm: confirm.value }) : confirm;
    }
    const approved = approval && { request: approval.request, token };
    store.seals.savePayload(policy_hash, policyText);
    const sealed = await handOver(
      {
        kind: 'activation',
        operation: `${BOUNDARY}/policy.activate`,
        payload: { envelope, ...approved },
        payloads: { [policy_hash]: policyText },
      },
      this.#options,
    );
    return sealed.ok ? summary : sealed;
  }

  #takesPasskey({ observes, widening: inclusion }: PolicySummary): boolean {
    return takesPasskey({ observes, inclusion, approvers: this.tokens.approvers() });
  }

  async #outside(policy: CompiledPolicy): Promise<Pick<PolicySummary, 'outside'>> {
    const { guardian, store, policies } = this.#options;
    const bundle = bundleInForce(guardian.stage().view);
    const text = bundle && store.seals.payload(bundle.policy_hash);
    const ceiling = text === undefined ? undefined : readPolicy(text);
    if (!ceiling?.ok) return {};
    const proving = policies.proving(compilePolicy(ceiling.value), policy);
    const outside = wordsOutside(await inTurns(proving));
    return outside === undefined ? {} : { outside };
  }

  async #comparison(
    was: CompiledPolicy | undefined,
    is: CompiledPolicy,
    hasActive: boolean,
  ): Promise<Comparison> {
    if (!hasActive) return { widening: 'initial' };
    if (was === undefined) {
      return { widening: 'undecided', reason: 'the text of the active policy is not at hand' };
    }
    if (was.policyHash === is.policyHash) return { widening: 'unchanged' };
    const found = await inTurns(this.#options.policies.proving(was, is));
    const widening = inclusionResult(found);
    if (found.verdict === 'refused') return { widening, witness: found.witness };
    return found.verdict === 'undecided' ? { widening, reason: found.reason } : { widening };
  }
}

type Comparison = Pick<PolicySummary, 'widening' | 'witness' | 'reason'>;

function mustApprove({ widening }: PolicySummary): boolean {
  return widening !== 'initial' && mayWiden(widening);
}

/** Reads a canonical policy; anything not in canonical form is refused. */
function readPolicy(text: string): Result<ActionRules, Refusal> {
  const parsed = parseStrict(encodeUtf8(text), { maxBytes: 64 * 1024 * 1024 });
  if (!parsed.ok) return err({ code: parsed.error.code, message: parsed.error.message });
  if (!isActionRules(parsed.value)) {
    return err({ code: 'policy.invalid', message: 'not a policy in canonical form' });
  }
  const bytes = canonicalBytes(canonicalize(parsed.value));
  if (!bytes.ok || Buffer.from(bytes.value).toString('utf8') !== text) {
    return err({ code: 'policy.not_canonical', message: 'not in canonical form' });
  }
  return ok(parsed.value);
}

/** One for every rule, for every target of which something is done about what leaves, and more. */
function linesOf({ rules, egress = [], policy_id: _, ...rest }: ActionRules): string[] {
  const outward = egress.map(({ target, ...lists }) => `egress ${target} ${JSON.stringify(lists)}`);
  const others = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [...rules.map(ruleLine), ...outward, ...others];
}

function ruleLine(rule: ActionRules['rules'][number]): string {
  return `${rule.action} ${rule.target} ${JSON.stringify(rule.conditions)} (${rule.rule_id})`;
}

export function moved(): Result<never, Refusal> {
  const message = 'another policy is in force by now: look again';
  return err({ code: 'policy.moved', message });
}

function notWaiting(requestHash: string): Result<never, Refusal> {
  const message = `${requestHash} is not waiting for a decision`;
  return err({ code: 'action.not_pending', message });
}
