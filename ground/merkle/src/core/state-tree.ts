import { assert } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import { HASH_SIZE, stateClassHash, stateLeafHash } from './hashing.ts';
import {
  hashOf,
  insert,
  type Leaf,
  pathTo,
  remove,
  type SparseTree,
  type TreePath,
} from './sparse-tree.ts';

/** Shows that a key has a value, or that it has none. */
export type StateProof = {
  /** From the state root to the class. */
  readonly classPath: TreePath;
  /** From the class to the object; absent when the whole class is. */
  readonly idPath?: TreePath;
};

type ClassTree = { readonly classHash: Uint8Array; tree: SparseTree; isStale: boolean };

/** Bytes of a state key: the hash of the class, then the hash of the id. */
const STATE_KEY_SIZE = 2 * HASH_SIZE;

/** Where an object lives in the state tree. All objects of a class share the first half. */
export function stateKey(className: string, id: string): Uint8Array {
  const key = new Uint8Array(STATE_KEY_SIZE);
  key.set(sha256(className), 0);
  key.set(sha256(id), HASH_SIZE);
  return key;
}

/**
 * A domain's current objects under one root that depends on what they are, never on how they came
 * to be. A sparse Merkle tree of classes, each a sparse Merkle tree of its objects, in which a
 * subtree with one leaf is that leaf. So a class has a root of its own, under which its listing is
 * complete. `set` and `delete` only note changes; `root` hashes each changed node once.
 */
export class StateTree {
  #top: SparseTree;
  readonly #classes = new Map<string, ClassTree>();

  /** An independent tree with the same contents: a commit that fails drops its copy. */
  copy(): StateTree {
    const twin = new StateTree();
    twin.#top = this.#top;
    for (const [name, entry] of this.#classes) twin.#classes.set(name, { ...entry });
    return twin;
  }

  set(key: Uint8Array, valueDigest: Uint8Array): void {
    assert(valueDigest.length === HASH_SIZE, 'a value digest has 32 bytes');
    const { classHash, idHash } = splitKey(key);
    const entry = this.#classFor(classHash);
    entry.tree = insert(entry.tree, leafOf(idHash, valueDigest, stateLeafHash));
    entry.isStale = true;
  }

  /** False when the key had no value. */
  delete(key: Uint8Array): boolean {
    const { classHash, idHash } = splitKey(key);
    const entry = this.#classes.get(nameOf(classHash));
    const after = remove(entry?.tree, idHash);
    if (entry === undefined || after === entry.tree) return false;
    entry.tree = after;
    entry.isStale = true;
    return true;
  }

  root(): Uint8Array {
    for (const [name, entry] of this.#classes) {
      if (!entry.isStale) continue;
      entry.isStale = false;
      if (entry.tree === undefined) {
        this.#top = remove(this.#top, entry.classHash);
        this.#classes.delete(name);
      } else {
        const leaf = leafOf(entry.classHash, hashOf(entry.tree), stateClassHash);
        this.#top = insert(this.#top, leaf);
      }
    }
    return hashOf(this.#top);
  }

  prove(key: Uint8Array): StateProof {
    this.root();
    const { classHash, idHash } = splitKey(key);
    const classPath = pathTo(this.#top, classHash);
    const entry = this.#classes.get(nameOf(classHash));
    return entry === undefined ? { classPath } : { classPath, idPath: pathTo(entry.tree, idHash) };
  }

  #classFor(classHash: Uint8Array): ClassTree {
    const name = nameOf(classHash);
    let entry = this.#classes.get(name);
    if (entry === undefined) {
      entry = { classHash, tree: undefined, isStale: true };
      this.#classes.set(name, entry);
    }
    return entry;
  }
}

function leafOf(
  key: Uint8Array,
  value: Uint8Array,
  hash: (key: Uint8Array, value: Uint8Array) => Uint8Array,
): Leaf {
  return { kind: 'leaf', key, value, hash: hash(key, value) };
}

export function splitKey(key: Uint8Array): { classHash: Uint8Array; idHash: Uint8Array } {
  assert(key.length === STATE_KEY_SIZE, 'a state key is made by stateKey');
  return { classHash: key.slice(0, HASH_SIZE), idHash: key.slice(HASH_SIZE) };
}

// A map compares strings by what they hold, byte arrays by which they are.
function nameOf(hash: Uint8Array): string {
  return String.fromCharCode(...hash);
}
