import { assert } from '@ioi/basis';
import { type Digest, digestOf, type Json } from '@ioi/canon';

/** The name of a tuple of values in an index. */
export function tupleDigest(tuple: readonly Json[]): Digest {
  const digest = digestOf(tuple);
  assert(digest.ok, 'what is admitted has a canonical form');
  return digest.value;
}
