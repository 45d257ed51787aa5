import { bundleInForce } from '@ioi/law';
import type { RetentionBound } from '../../core/index.ts';
import type { HeadReader } from '../head-reader.ts';
import { readWitnesses, type WitnessTarget } from '../witness/witness-config.ts';

/** All their signatures must fit one note. */
const MOST_WITNESSES = 8;

/** How long contents may be kept, as the organisation that bounds the node says. */
export function retentionOf(reader: HeadReader): RetentionBound {
  return bundleInForce(reader)?.settings?.retention ?? {};
}

/** Whom the organisation names, then whom the node names: no name of the node hides one of those. */
export function witnessesOf(
  own: readonly WitnessTarget[],
  reader: HeadReader,
): readonly WitnessTarget[] {
  const read = readWitnesses(bundleInForce(reader)?.settings?.witnesses);
  // What does not read was never sealed by `sealBundle`; another writer may have.
  const asked = 'targets' in read ? read.targets : [];
  const others = own.filter(({ name }) => asked.every((each) => each.name !== name));
  return [...asked, ...others].slice(0, MOST_WITNESSES);
}
