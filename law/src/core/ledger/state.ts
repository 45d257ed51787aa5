import { assert, encodeHex } from '@ioi/basis';
import { canonicalBytes, type Digest, sha256 } from '@ioi/canon';
import type { StateChange, StateTree } from '@ioi/merkle';
import type { HeadChange } from '@ioi/protocol';
import type { HeadText } from './heads.ts';

/**
 * Sets or deletes the leaf of every changed head: a leaf is SHA-256 of the head's RFC 8785. Gives
 * what takes it all back, for a commit that comes to nothing.
 */
export function applyToTree(tree: StateTree, changes: readonly HeadChange[]): StateChange[] {
  return tree.apply(
    changes.map(({ key, value }) => ({
      key: tree.keyOf(key.headClass, key.id),
      valueDigest: value === undefined ? undefined : headDigest(value),
    })),
  );
}

function headDigest(value: unknown): Uint8Array {
  const bytes = canonicalBytes(value);
  assert(bytes.ok, 'heads have a canonical form');
  return sha256(bytes.value);
}

/** The same from canonical texts. */
export function applyTexts(tree: StateTree, heads: readonly HeadText[]): StateChange[] {
  return tree.apply(
    heads.map(({ headClass, id, value }) => ({
      key: tree.keyOf(headClass, id),
      valueDigest: value === undefined ? undefined : sha256(value),
    })),
  );
}

/** The state root as a commit entry carries it. */
export function rootDigest(tree: StateTree): Digest {
  return `sha256:${encodeHex(tree.root())}`;
}
