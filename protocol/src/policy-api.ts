import type { NodeStatus, RuleTrace } from './api.ts';
import type { ActionFacts, FirewallDecisionReceipt, PolicyBundle } from './types.ts';

/** The organisation whose bundles bound the node, and the bundle in force. Times in Chain Time. */
export type OrganisationStatus = {
  readonly organisation_id: string;
  readonly key_id: string;
  /** Absent until one was accepted: then nothing is bounded yet. */
  readonly bundle?: Omit<PolicyBundle, 'signature' | 'key_id' | 'organisation_id'> & {
    readonly bundle_hash: string;
    readonly accepted: string;
    /** Since it was accepted, or issued where that is longer. */
    readonly age_ms: string;
    readonly is_stale: boolean;
  };
};

/** Whose policy it is. */
export type Layer = NonNullable<FirewallDecisionReceipt['layer']>;

/** Asked of `POST /v1/policy/effective`: a recorded request, or one that could come. */
export type EffectiveQuestion =
  | { readonly id: string }
  | { readonly target: string; readonly params: object; readonly facts?: ActionFacts };

/** What one layer says of a request. */
export type LayerVerdict = {
  readonly verdict: string;
  readonly code: string;
  readonly rule_id?: string;
  readonly field?: string;
};

/** `GET /v1/policy/effective`; with `decision` to a question. */
export type EffectivePolicy = {
  readonly policy?: NodeStatus['policy'];
  readonly organisation?: OrganisationStatus;
  readonly decision?: LayerVerdict & {
    readonly target: string;
    readonly params: object;
    readonly facts: ActionFacts;
    readonly layer?: Layer;
    /** By itself. */
    readonly local?: LayerVerdict;
    readonly ceiling?: LayerVerdict;
    readonly rules: readonly RuleTrace[];
  };
};

/** `POST /v1/policy/bundle` with a PolicyBundleFile. */
export type AcceptedBundle = {
  readonly seq: string;
  readonly version: string;
  readonly policy_hash: string;
};
