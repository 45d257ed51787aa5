import { bundleInForce } from '@ioi/law';
import type { View } from '@ioi/protocol';
import type { RetentionBound } from '../../core/index.ts';
import type { NodeConfig } from '../config.ts';
import { readWitnesses, type WitnessTarget } from '../witness/witness-config.ts';

type Witnessed = Pick<NodeConfig, 'witnesses' | 'organisation_witnesses'>;

/** All their signatures must fit one note. */
const MOST_WITNESSES = 8;

/** How long contents may be kept, as the organisation that bounds the node says. */
export function retentionOf(view: View): RetentionBound {
  return bundleInForce(view)?.settings?.retention ?? {};
}

/** Whom the organisation names, then whom the node names: none of those hides one of these. */
export function witnessesOf(config: Witnessed, view: View): readonly WitnessTarget[] {
  const { witnesses: own, organisation_witnesses: isAsked = true } = config;
  if (!isAsked) return own;
  const read = readWitnesses(bundleInForce(view)?.settings?.witnesses);
  // What does not read was never sealed by `sealBundle`; another writer may have.
  const asked = 'targets' in read ? read.targets : [];
  if (asked.length === 0) return own;
  const others = own.filter(({ name }) => asked.every((each) => each.name !== name));
  return [...asked, ...others].slice(0, MOST_WITNESSES);
}
