import { decodeBase64, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, sha256 } from '@ioi/canon';
import { decodeStateProof, stateKey, verifyListing, verifyStateProof } from '@ioi/merkle';
import { isStateRootProof, type StateRootProof } from '@ioi/protocol';
import type { Finding } from './codes.ts';
import { headIn } from './head.ts';
import { sealedCommit } from './sealed-commit.ts';
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
 * a listing is complete. That the state root follows from the log it does not show: the guardian
 * seals what the daemon computed, and only `verify` of the log recomputes it.
 */
export function verifyRead(
  proof: unknown,
  options: TrustOptions = {},
): Result<VerifiedRead, Finding> {
  if (!isStateRootProof(proof)) return refuse('read.malformed', 'this is no read with its proof');
  const log = headIn(proof.note, proof, options);
  if (!log.ok) return log;
  const { head, genesis, domainId } = log.value;
  const commit = sealedCommit(proof, head);
  if (!commit.ok) return commit;
  const { summary } = commit.value;
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
