import { bundleInForce } from '@ioi/law';
import type { View } from '@ioi/protocol';
import type { RetentionBound } from '../../core/index.ts';
import { readWitnesses, type WitnessTarget } from '../witness/witness-config.ts';

/** All their signatures must fit one note. */
const MOST_WITNESSES = 8;

/** How long contents may be kept, as the organisation that bounds the node says. */
export function retentionOf(view: View): RetentionBound {
  return bundleInForce(view)?.settings?.retention ?? {};
}

/** Whom the organisation names, then whom the node names: none of those hides one of these. */
export function witnessesOf(own: readonly WitnessTarget[], view: View): readonly WitnessTarget[] {
  const read = readWitnesses(bundleInForce(view)?.settings?.witnesses);
  // What does not read was never sealed by `sealBundle`; another writer may have.
  const asked = 'targets' in read ? read.targets : [];
  if (asked.length === 0) return own;
  const others = own.filter(({ name }) => asked.every((each) => each.name !== name));
  return [...asked, ...others].slice(0, MOST_WITNESSES);
}
