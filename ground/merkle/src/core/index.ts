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
export type { TreePath } from './sparse-tree.ts';
export { type StateProof, StateTree, stateKey } from './state-tree.ts';
