import type { InclusionResult, LogEntry, SessionLease } from './types.ts';

/**
 * `POST /governance/review` on guardian.sock, with `{operation, asked}`: the statement that the
 * owner's key would sign, as the guardian drafted it from its own heads. Changes nothing.
 */
export type GovernanceReview = {
  /** Without the name of the module: `module.swap`. */
  readonly operation: string;
  readonly statement: Readonly<Record<string, unknown>>;
  /** What it says, line by line; not yet safe to print. */
  readonly words: readonly string[];
  /** Where something governed changes: whether that can be shown not to widen. */
  readonly inclusion?: InclusionResult;
  /** Whether a token over exactly this is signed as well, since it may widen. */
  readonly step_up: boolean;
  /** Digest of all of the above: what is signed is what was shown. */
  readonly review_hash: string;
};

/**
 * `POST /governance/sign`, with `{operation, asked, review_hash, passphrase}`: what was signed,
 * and the sealed entry that came of it.
 */
export type GovernanceSigned = {
  readonly review: GovernanceReview;
  readonly entry: LogEntry;
  /** Where a session was issued: the session itself, which the log does not hold. */
  readonly session_lease?: SessionLease;
};
