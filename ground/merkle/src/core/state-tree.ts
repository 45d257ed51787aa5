import { assert, BoundedMap, ok, type Result } from '@ioi/basis';
import { sha256 } from '@ioi/canon';
import { Arena, NONE } from './arena.ts';
import type { MerkleError } from './codes.ts';
import { HASH_SIZE, STATE_CLASS, STATE_LEAF } from './hashing.ts';
import { hashPairs, type PairHasher } from './pair-hasher.ts';
import { Rehash } from './rehash.ts';
import { findLeaf, pathTo, removeLeaf, touchLeaf } from './sparse-tree.ts';
import { joinKey, splitKey } from './state-key.ts';
import { readSnapshot, writeSnapshot } from './state-snapshot.ts';
import { KEY_BITS, type KeyRange, rangeOf, type StateProof } from './tree-path.ts';

/** Sets the value of a key, or takes the key out. */
export type StateChange = {
  /** As `stateKey` makes it. */
  readonly key: Uint8Array;
  readonly valueDigest: Uint8Array | undefined;
};

/** The edge below which the tree of classes hangs. */
const TOP = 1;
const CACHED_CLASSES = 256;

/**
 * A domain's current objects under one root that depends on what they are, never on how they came
 * to be. A sparse Merkle tree of classes, each a sparse Merkle tree of its objects, in which a
 * subtree with one leaf is that leaf. A class is a leaf of the upper tree whose value is the root
 * of its own tree, so that tree hangs below the edge that holds the value.
 */
export class StateTree {
  readonly #arena: Arena;
  readonly #rehash: Rehash;
  readonly #classHashes = new BoundedMap<string, Uint8Array>(CACHED_CLASSES);

  constructor(hasher: PairHasher = hashPairs, arena: Arena = new Arena()) {
    this.#rehash = new Rehash(hasher);
    this.#arena = arena;
  }

  /**
   * Takes back what `serialise` gave. The bytes vouch for themselves against accident only:
   * whoever knows the root compares it.
   */
  static restore(bytes: Uint8Array, hasher?: PairHasher): Result<StateTree, MerkleError> {
    const arena = readSnapshot(bytes);
    return arena.ok ? ok(new StateTree(hasher, arena.value)) : arena;
  }

  /** The whole tree, without holes: the same contents give the same bytes. */
  serialise(): Uint8Array {
    return writeSnapshot(this.#arena);
  }

  /** `stateKey`, with the hashes of class names at hand. */
  keyOf(className: string, id: string): Uint8Array {
    let classHash = this.#classHashes.get(className);
    if (classHash === undefined) {
      classHash = sha256(className);
      this.#classHashes.set(className, classHash);
    }
    return joinKey(classHash, id);
  }

  /**
   * Makes all changes of a commit, in their order, and hashes each node they touch once. Gives
   * the changes that undo them: applied, they lead back to the very root there was before.
   */
  apply(changes: readonly StateChange[]): StateChange[] {
    for (const { key, valueDigest } of changes) {
      splitKey(key);
      assert(valueDigest?.length === HASH_SIZE || !valueDigest, 'a value digest has 32 bytes');
    }
    const touched = new Set<number>();
    const undo = changes.map((change) => this.#applyOne(change, touched));
    this.#settle(touched);
    return undo.reverse();
  }

  root(): Uint8Array {
    return this.#arena.read(TOP);
  }

  /** Shows the value of a key, or that it has none. */
  prove(key: Uint8Array): StateProof {
    const { classHash, idHash } = splitKey(key);
    return this.#proveRange(classHash, { key: idHash, bits: KEY_BITS });
  }

  /**
   * Shows what a class lists: whole, or where the hashes of ids begin with these bits, written as
   * zeros and ones, so that a large class can be read in 2, 4, 8 … pages.
   */
  proveListing(className: string, prefix = ''): StateProof {
    const range = rangeOf(prefix);
    assert(range !== undefined, 'a prefix has at most 256 zeros and ones');
    return this.#proveRange(sha256(className), range);
  }

  #proveRange(classHash: Uint8Array, range: KeyRange): StateProof {
    const classPath = pathTo(this.#arena, TOP, { key: classHash, bits: KEY_BITS });
    const classLeaf = findLeaf(this.#arena, TOP, classHash);
    if (classLeaf === NONE) return { classPath };
    return { classPath, idPath: pathTo(this.#arena, 2 * classLeaf + 1, range) };
  }

  #applyOne({ key, valueDigest }: StateChange, touched: Set<number>): StateChange {
    const { classHash, idHash } = splitKey(key);
    const arena = this.#arena;
    if (valueDigest !== undefined) {
      const classLeaf = touchLeaf(arena, TOP, classHash).slot;
      touched.add(classLeaf);
      const { slot, isNew } = touchLeaf(arena, 2 * classLeaf + 1, idHash);
      const before = isNew ? undefined : arena.read(2 * slot + 1);
      arena.write(2 * slot + 1, valueDigest);
      return { key, valueDigest: before };
    }
    const classLeaf = findLeaf(arena, TOP, classHash);
    const leaf = classLeaf === NONE ? NONE : findLeaf(arena, 2 * classLeaf + 1, idHash);
    if (leaf === NONE) return { key, valueDigest: undefined };
    const before = arena.read(2 * leaf + 1);
    touchLeaf(arena, TOP, classHash);
    touched.add(classLeaf);
    removeLeaf(arena, 2 * classLeaf + 1, idHash);
    return { key, valueDigest: before };
  }

  /** Takes out classes that have become empty, then brings the hashes up to date. */
  #settle(touched: ReadonlySet<number>): void {
    const arena = this.#arena;
    const roots: number[] = [];
    for (const classLeaf of touched) {
      const root = 2 * classLeaf + 1;
      if (arena.below(root) === NONE) removeLeaf(arena, TOP, arena.read(2 * classLeaf));
      else roots.push(root);
    }
    this.#rehash.run(arena, roots, STATE_LEAF);
    this.#rehash.run(arena, [TOP], STATE_CLASS);
  }
}
