import { BOUNDARY } from './module.ts';

/** Operations the guardian writes on its own account; the rest comes over the node's channel. */
const OF_THE_GUARDIAN: readonly string[] = [`${BOUNDARY}/genesis`, `${BOUNDARY}/clock.resync`];

/**
 * Who an operation of a node's log must be authenticated by. Signed batches have no verifier
 * yet, so an entry that claims one is refused: a signature nobody checks vouches for nothing.
 */
export function authorOf(operation: string): 'guardian' | 'channel' {
  return OF_THE_GUARDIAN.includes(operation) ? 'guardian' : 'channel';
}
