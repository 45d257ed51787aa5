export type { MerkleCode, MerkleError } from './codes.ts';
export { Frontier, type FrontierState, rootOf } from './frontier.ts';
export { leafHash } from './hashing.ts';
export { consistencyProof, inclusionProof, type LeafReader } from './log-proof.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  type SubtreeClaim,
  verifyConsistency,
  verifyInclusion,
  verifySubtree,
} from './log-verify.ts';
export { hashPairs, type PairHasher } from './pair-hasher.ts';
export { stateKey } from './state-key.ts';
export { decodeStateProof, encodeStateProof } from './state-proof-codec.ts';
export { type StateChange, StateTree } from './state-tree.ts';
export {
  type ListedEntry,
  type ListingClaim,
  type StateClaim,
  verifyListing,
  verifyStateProof,
} from './state-verify.ts';
export type { StateProof, TreePath } from './tree-path.ts';
