import type { Digest } from '@ioi/canon';
import {
  type BudgetView,
  type Ceiling,
  type CompiledPolicy,
  type Contents,
  decideLayers,
  type EgressOutcome,
  type LayeredDecision,
  outsideEnvelope,
  type Subject,
  subjectOf,
  withEgress,
} from '@ioi/law';
import type { ActionFacts, ActionRequest, RuntimeToolContract, VerdictCode } from '@ioi/protocol';
import { identify } from './identity.ts';

export type DecisionInput = {
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  /** The texts of a request that refers to them. */
  readonly contents?: Contents | undefined;
  /** Undefined while no policy is active: then nothing is allowed. */
  readonly policy: CompiledPolicy | undefined;
  /** The organisation's rules above it. */
  readonly ceiling?: Ceiling | undefined;
  readonly budgets: BudgetView;
  /** What the tool takes, where that is known. */
  readonly contract?: Pick<RuntimeToolContract, 'primitive_capabilities' | 'authority_scopes'>;
  /** What an inspection of what it sends came to, where there was one. */
  readonly egress?: EgressOutcome | undefined;
};

export type Decided = {
  /** Undefined when the request has no canonical form, and so no identity. */
  readonly requestHash: Digest | undefined;
  readonly subject: Subject | undefined;
  readonly decision: LayeredDecision;
};

/**
 * Decides one act (whitepaper 2.6). The same input gives the same answer everywhere: the daemon
 * asks to know what to do next, the guardian asks again before it seals. Whatever cannot be
 * decided is blocked under a code that says why.
 */
export function decide(input: DecisionInput): Decided {
  const { request, facts, contents, policy, ceiling, budgets, egress, contract } = input;
  const identified = identify(request);
  if (!identified.ok) return refusal(identified.error.code);
  const requestHash = identified.value;
  const subject = subjectOf(request, facts, contents);
  const layers = { local: policy, ...(ceiling ? { ceiling } : {}) };
  const outside = contract && outsideEnvelope(layers, contract);
  const decision = withEgress(outside ?? decideLayers(layers, subject, budgets), egress);
  return { requestHash, subject, decision };
}

/** The answer to something that never became a request. */
export function refusal(code: VerdictCode): Decided {
  return { requestHash: undefined, subject: undefined, decision: blocked(code) };
}

function blocked(code: VerdictCode): LayeredDecision {
  return { verdict: 'BLOCK', code, reservations: [] };
}
