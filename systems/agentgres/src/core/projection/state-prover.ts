import type { HeadKey, StateRootProof } from '@ioi/protocol';

/** Whoever has the state tree: proofs for reads that are bound to a state root. */
export type StateProver = {
  /**
   * The commit entry at `seq` with its path to the log root, and each head with its path to the
   * state root in that entry. Undefined when the state has moved on: the caller reads again.
   */
  prove(seq: number, heads: readonly HeadKey[]): Promise<StateRootProof | undefined>;
};
