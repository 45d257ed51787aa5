import { assert, err, ok, type Result } from '@ioi/basis';
import { canonicalBytes, type Digest, digestOf } from '@ioi/canon';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import { revealed } from '@ioi/law';
import { isPreApproval, type PreApproval, type Rejection } from '@ioi/protocol';

/** Clocks of an approver and of a build server that are kept are never that far apart. */
const MOST_AHEAD_MS = 3_600_000n;

/** What one act is, whoever asks for it and on whichever node. */
export type Act = { readonly target: string; readonly params: unknown };

/** Where a job runs. */
export type JobPlace = {
  readonly commit: string | undefined;
  /** Under each of its names. */
  readonly refs: readonly string[];
  /** Fingerprints of keys whose holders may approve. */
  readonly approvers: readonly string[];
  /** Unix milliseconds. */
  readonly now: bigint;
};

/**
 * An act with its contents where references to them were: those have a salt of their own on every
 * node. Undefined where one is not at hand.
 */
export function wholeAct(
  { target, params }: Act,
  contents: ReadonlyMap<string, string>,
): Act | undefined {
  let isWhole = true;
  const textOf = (digest: Digest): string | undefined => {
    const text = contents.get(digest);
    if (text === undefined) isWhole = false;
    return text;
  };
  const whole = { target, params: revealed(params, textOf) };
  return isWhole ? whole : undefined;
}

/** Undefined where it has no canonical form. */
export function actHash({ target, params }: Act): Digest | undefined {
  const digest = digestOf({ target, params });
  return digest.ok ? digest.value : undefined;
}

/** What an approver signs, under SIG_DOMAIN_APPROVAL. */
export function preApprovalMessage(pre_approval: PreApproval['pre_approval']): Uint8Array {
  const bytes = canonicalBytes({ pre_approval });
  assert(bytes.ok, 'a pre-approval has a canonical form');
  return bytes.value;
}

/** Holds what was brought against the job it was brought to. */
export function checkPreApproval(
  value: unknown,
  { commit, refs, approvers, now }: JobPlace,
  registry: VerifierRegistry,
): Result<PreApproval, Rejection> {
  if (!isPreApproval(value)) return reject('invalid', 'it is no pre-approval: ioi ci approve');
  const { pre_approval: said, public_key, signature } = value;
  if (keyId(public_key) !== said.key_id || !approvers.includes(said.key_id)) {
    return reject('unknown_key', `no --approver has the fingerprint ${keyId(public_key)}`);
  }
  const message = preApprovalMessage(said);
  const signed = registry.verify(public_key, 'SIG_DOMAIN_APPROVAL', message, signature);
  if (!signed.ok) return reject('bad_signature', 'it is not what the approver signed');
  if (commit === undefined)
    return reject('no_commit', 'this folder is of no commit: git rev-parse');
  if (said.commit !== commit) {
    return reject('other_commit', `it is for commit ${said.commit}, and this is ${commit}`);
  }
  if (said.ref !== undefined && !refs.includes(said.ref)) {
    const here = refs.length === 0 ? 'the build server names none' : `this is ${refs[0]}`;
    return reject('other_ref', `it is for ${said.ref}, and ${here}`);
  }
  if (BigInt(said.issued) > now + MOST_AHEAD_MS) {
    return reject('issued_ahead', "it was approved later than it is by this machine's clock");
  }
  if (now >= BigInt(said.until)) return reject('expired', 'its time is over');
  return ok(value);
}

function reject(name: string, message: string): Result<never, Rejection> {
  return err({ code: `pre_approval.${name}`, message });
}
