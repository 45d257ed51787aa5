import { decodeBase64, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, sha256 } from '@ioi/canon';
import type { Checkpoint } from '@ioi/crypto';
import { commitSummaryOf, parseEntry } from '@ioi/law';
import { decodeStateProof, stateKey, verifyListing, verifyStateProof } from '@ioi/merkle';
import { isStateRootProof, type LogEntry, type StateRootProof } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import { headIn, isIncluded } from './head.ts';
import type { TrustOptions } from './trust.ts';

/** A read that was shown whole: whose it is, and what it is a read of. */
export type VerifiedRead = {
  readonly node_id: string;
  readonly domain_id: string;
  /** Entries of the log that the state reflects; its checkpoint may cover more. */
  readonly size: number;
  readonly state_root: string;
  readonly objects: number;
  /** Objects of a listing that is complete. */
  readonly listed?: number;
};

/**
 * Checks one read with nothing but what came with it (whitepaper 3.5): both signatures on the
 * note, the commit entry under it, every object and every absence under its state root, and that
 * a listing is complete.
 */
export function verifyRead(
  proof: unknown,
  options: TrustOptions = {},
): Result<VerifiedRead, Finding> {
  if (!isStateRootProof(proof)) return refuse('read.malformed', 'this is no read with its proof');
  const log = headIn(proof.note, proof, options);
  if (!log.ok) return log;
  const { head, genesis, domainId } = log.value;
  const commit = parseEntry(encodeUtf8(proof.commit.text));
  const summary = commit.ok ? commitSummaryOf(commit.value.entry) : undefined;
  if (!commit.ok || !summary) return refuse('commit.malformed', 'the read holds no commit entry');
  const { seq, path } = proof.commit;
  if (commit.value.entry.seq !== seq || !isIncluded(commit.value, path, head)) {
    return refuse('log.root_mismatch', 'the commit is not in this log');
  }
  if (!isSealed(commit.value.entry, proof.next, head)) {
    return refuse('read.not_sealed', 'nothing shows that the commit was sealed, and not voided');
  }
  if (domainId !== proof.domain_id) {
    return refuse('genesis.unexpected_node', `this is a read of ${domainId}`);
  }
  const root = hashIn(summary.state_root);
  const missing = proof.objects.find((object) => !isShown(object, root));
  if (missing) {
    const what = `${missing.head_class}/${missing.id}`;
    return refuse('state.root_mismatch', `${what} is not shown to be so`);
  }
  if (proof.listing && !isComplete(proof.listing, root)) {
    return refuse('state.root_mismatch', `the listing of ${proof.listing.head_class} is not whole`);
  }
  return ok({
    node_id: genesis.node_id,
    domain_id: proof.domain_id,
    size: Number(proof.commit.seq) + 1,
    state_root: summary.state_root,
    objects: proof.objects.length,
    ...(proof.listing ? { listed: proof.listing.objects.length } : {}),
  });
}

/**
 * A crash may leave a commit in the log that was never sealed; the recovery that voids it has the
 * same height. So a commit counts where the note ends with it, or where the next height follows.
 */
function isSealed(
  { seq, height }: LogEntry,
  next: StateRootProof['next'],
  head: Checkpoint,
): boolean {
  if (Number(seq) === head.size - 1) return next === undefined;
  const parsed = next && parseEntry(encodeUtf8(next.text));
  if (!next || !parsed?.ok || !isIncluded(parsed.value, next.path, head)) return false;
  const { entry } = parsed.value;
  const isNext = entry.seq === next.seq && Number(entry.seq) === Number(seq) + 1;
  return isNext && BigInt(entry.height) === BigInt(height) + 1n;
}

function isShown(
  { head_class, id, value, path }: StateRootProof['objects'][number],
  root: Uint8Array,
): boolean {
  const proof = decodeStateProof(decodeBase64(path) ?? new Uint8Array());
  const valueDigest = value === undefined ? undefined : digestOf(value);
  if (!proof.ok || (value !== undefined && valueDigest === undefined)) return false;
  const key = stateKey(head_class, id);
  return verifyStateProof({ root, key, valueDigest, proof: proof.value }).ok;
}

function isComplete(
  { head_class, objects, path }: NonNullable<StateRootProof['listing']>,
  root: Uint8Array,
): boolean {
  const proof = decodeStateProof(decodeBase64(path) ?? new Uint8Array());
  if (!proof.ok) return false;
  const entries = objects.map(({ id, value }) => ({
    id,
    valueDigest: digestOf(value) ?? new Uint8Array(),
  }));
  return verifyListing({ root, className: head_class, entries, proof: proof.value }).ok;
}

function digestOf(value: unknown): Uint8Array | undefined {
  const text = canonicalJson(value);
  return text.ok ? sha256(text.value) : undefined;
}

function hashIn(digest: string): Uint8Array {
  const hex = digest.slice('sha256:'.length);
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function refuse(code: Finding['code'], message: string): Result<never, Finding> {
  return err({ code, message });
}
