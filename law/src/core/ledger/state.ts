import { assert, encodeHex } from '@ioi/basis';
import { canonicalBytes, type Digest, sha256 } from '@ioi/canon';
import { type StateTree, stateKey } from '@ioi/merkle';
import type { HeadChange } from '@ioi/protocol';
import type { HeadText } from './heads.ts';

/** Sets or deletes the leaf of every changed head: a leaf is SHA-256 of the head's RFC 8785. */
export function applyToTree(tree: StateTree, changes: readonly HeadChange[]): void {
  for (const { key, value } of changes) {
    const path = stateKey(key.headClass, key.id);
    if (value === undefined) {
      tree.delete(path);
      continue;
    }
    const bytes = canonicalBytes(value);
    assert(bytes.ok, 'heads have a canonical form');
    tree.set(path, sha256(bytes.value));
  }
}

/** The same from canonical texts. */
export function applyTexts(tree: StateTree, heads: readonly HeadText[]): void {
  for (const { headClass, id, value } of heads) {
    const path = stateKey(headClass, id);
    if (value === undefined) tree.delete(path);
    else tree.set(path, sha256(value));
  }
}

/** The state root as a commit entry carries it. */
export function rootDigest(tree: StateTree): Digest {
  return `sha256:${encodeHex(tree.root())}`;
}
