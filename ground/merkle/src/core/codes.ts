/** Why a proof does not prove its claim, in order of precedence. */
export type MerkleCode =
  | 'merkle.bad_encoding'
  | 'merkle.damaged'
  | 'merkle.bad_index'
  | 'merkle.bad_hash_length'
  | 'merkle.bad_proof_length'
  | 'merkle.bad_neighbour'
  | 'merkle.bad_listing'
  | 'merkle.root_mismatch';

export type MerkleError = { readonly code: MerkleCode; readonly message: string };
