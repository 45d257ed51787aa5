import type { ConditionName } from '../rules.ts';

/**
 * What requests differ in, in the order in which proofs look at it: what tells rules apart best
 * comes first. Of the last ones a request may have several.
 */
export const dimensionNames = [
  'host',
  'app',
  'existence',
  'flows',
  'protocol',
  'port',
  'origin',
  'method',
  'session',
  'window',
  'amount',
  'time',
  'calls',
  'texts',
  'addresses',
  'commands',
  'paths',
  'intents',
] as const;

export type DimensionName = (typeof dimensionNames)[number];

/**
 * What each condition looks at. A new condition needs its entry before anything compiles.
 */
export const dimensionOf: { readonly [K in ConditionName]: DimensionName } = {
  allow_apps: 'app',
  allow_commands: 'commands',
  allow_domains: 'host',
  allow_ips: 'addresses',
  allow_methods: 'method',
  allow_origins: 'flows',
  allow_paths: 'paths',
  allow_ports: 'port',
  allow_protocols: 'protocol',
  allow_sessions: 'session',
  allow_windows: 'window',
  block_flows: 'flows',
  block_intents: 'intents',
  block_text_pattern: 'texts',
  expires: 'time',
  max_day_spend: 'amount',
  max_session_spend: 'amount',
  max_spend: 'amount',
  rate_limit: 'calls',
  rate_limit_per_origin: 'origin',
  requested: 'flows',
  target_exists: 'existence',
};

/** Of these a request may have any number. */
export const collectionNames = ['texts', 'addresses', 'commands', 'paths', 'intents'] as const;

export type CollectionName = (typeof collectionNames)[number];
