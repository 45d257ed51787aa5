import { formatNoteKey } from '@ioi/crypto';
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

/**
 * Whom the organisation names, then whom the node names: none hides another by its name. Where
 * there are too many, those of the node that are not required are left out first.
 */
export function witnessesOf(config: Witnessed, view: View): readonly WitnessTarget[] {
  const { witnesses: own, organisation_witnesses: isAsked = true } = config;
  if (!isAsked) return own;
  const read = readWitnesses(bundleInForce(view)?.settings?.witnesses);
  // What does not read was never sealed by `sealBundle`; another writer may have.
  const asked = 'targets' in read ? read.targets : [];
  if (asked.length === 0) return own;
  const others = own.filter((each) => asked.every((other) => !isSame(each, other)));
  const [required, rest] = [others.filter(isRequired), others.filter((each) => !isRequired(each))];
  const all = [...asked.map((each) => asStrict(each, own)), ...required, ...rest];
  return namedApart(all.slice(0, MOST_WITNESSES));
}

const isRequired = ({ required }: WitnessTarget): boolean => required;

function isSame(one: WitnessTarget, other: WitnessTarget): boolean {
  const [a, b] = [one, other].map(({ url, keys }) => [url, ...keys.map(formatNoteKey)].join(' '));
  return a === b;
}

/** One that both name is required where either says so. */
function asStrict(target: WitnessTarget, own: readonly WitnessTarget[]): WitnessTarget {
  const required = target.required || own.some((each) => isSame(each, target) && each.required);
  return { ...target, required };
}

function namedApart(targets: readonly WitnessTarget[]): readonly WitnessTarget[] {
  const names = new Set<string>();
  return targets.map((target) => {
    let { name } = target;
    for (let at = 2; names.has(name); at++) name = `${target.name}-${at}`;
    names.add(name);
    return { ...target, name };
  });
}
