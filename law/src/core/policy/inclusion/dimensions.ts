import type { ConditionName } from '../rules.ts';

/**
 * What requests differ in, in the order in which proofs look at it: what tells rules apart best
 * comes first. Of paths and intents a request may have several, so they come last.
 */
export const dimensionNames = [
  'host',
  'app',
  'existence',
  'flows',
  'text',
  'amount',
  'calls',
  'paths',
  'intents',
] as const;

export type DimensionName = (typeof dimensionNames)[number];

/** What each condition looks at. A new condition needs its entry before anything compiles. */
export const dimensionOf: { readonly [K in ConditionName]: DimensionName } = {
  allow_apps: 'app',
  allow_domains: 'host',
  allow_origins: 'flows',
  allow_paths: 'paths',
  block_flows: 'flows',
  block_intents: 'intents',
  block_text_pattern: 'text',
  max_session_spend: 'amount',
  max_spend: 'amount',
  rate_limit: 'calls',
  requested: 'flows',
  target_exists: 'existence',
};
