export { Accumulator } from './accumulator.ts';
export type { MerkleCode, MerkleError } from './codes.ts';
export { type Extension, Frontier, type FrontierState, rootOf } from './frontier.ts';
export {
  HASH_SIZE,
  leafHash,
  taggedLeaf,
} from './hashing.ts';
export { nodesFromGrowth } from './log-growth.ts';
export { type LeafReader, type LogNode, type NodeReader, nodesFromLeaves } from './log-nodes.ts';
export { consistencyProof, inclusionProof } from './log-proof.ts';
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
export {
  formatTlogProof,
  type LogHead,
  parseTlogProof,
  type TlogProof,
  verifyTlogProof,
} from './tlog-proof.ts';
export {
  decodeEntryBundle,
  encodeEntryBundle,
  hashTile,
  nodesFromTiles,
  parseTilePath,
  type Tile,
  type TileReader,
  tilePath,
  tilesFor,
} from './tlog-tiles.ts';
export {
  type AddCheckpoint,
  formatAddCheckpoint,
  formatWitnessedSize,
  parseAddCheckpoint,
  parseWitnessedSize,
} from './tlog-witness.ts';
export type { StateProof, TreePath } from './tree-path.ts';
