import { join } from 'node:path';
import { verifyConsistency, verifyInclusion, verifySubtree } from '@ioi/merkle';
import { check, newTally, type Tally } from './tally.ts';
import { jsonFilesIn, jsonOf } from './vectors.ts';

type Case = {
  readonly desc: string;
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
};
type Inclusion = Case & {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
};
type Consistency = Case & {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
};
type SubtreeInclusion = Case & {
  readonly leafIdx: number;
  readonly start: number;
  readonly end: number;
  readonly root: string;
  readonly leafHash: string;
};
type SubtreeConsistency = Case & {
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly root1: string;
  readonly root2: string;
};

/** transparency-dev/merkle: proofs that hold and the many ways in which they do not. */
export function run(vectors: string): Tally {
  const tally = newTally();
  const each = <T extends Case>(folder: string, holds: (one: T) => boolean): void => {
    const base = join(vectors, 'merkle', folder);
    for (const name of jsonFilesIn(base)) {
      const one = jsonOf<T>(base, name);
      check(tally, `${folder}/${name}`, holds(one) === !one.wantErr);
    }
  };
  each<Inclusion>('inclusion', holdsInclusion);
  each<Consistency>('consistency', holdsConsistency);
  each<SubtreeInclusion>('subtreeinclusion', holdsSubtreeInclusion);
  each<SubtreeConsistency>('subtreeconsistency', holdsSubtreeConsistency);
  return tally;
}

function holdsInclusion(one: Inclusion): boolean {
  return verifyInclusion({
    leafHash: bytes(one.leafHash),
    index: one.leafIdx,
    size: one.treeSize,
    root: bytes(one.root),
    proof: proofOf(one),
  }).ok;
}

function holdsConsistency(one: Consistency): boolean {
  return verifyConsistency({
    oldSize: one.size1,
    oldRoot: bytes(one.root1),
    newSize: one.size2,
    newRoot: bytes(one.root2),
    proof: proofOf(one),
  }).ok;
}

/** A leaf within a subtree is a leaf of the smaller log that the subtree is. */
function holdsSubtreeInclusion(one: SubtreeInclusion): boolean {
  const size = one.end - one.start;
  const ceiling = 2 ** Math.ceil(Math.log2(Math.max(size, 1)));
  if (one.start > one.end || one.start % ceiling !== 0) return false;
  return verifyInclusion({
    leafHash: bytes(one.leafHash),
    index: one.leafIdx - one.start,
    size,
    root: bytes(one.root),
    proof: proofOf(one),
  }).ok;
}

function holdsSubtreeConsistency(one: SubtreeConsistency): boolean {
  return verifySubtree({
    start: one.start,
    end: one.end,
    subtreeRoot: bytes(one.root1),
    size: one.size,
    root: bytes(one.root2),
    proof: proofOf(one),
  }).ok;
}

function proofOf(one: Case): Uint8Array[] {
  return (one.proof ?? []).map(bytes);
}

function bytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
