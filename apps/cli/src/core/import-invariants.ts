import { canonicalJson } from '@ioi/canon';
import type { ClassHead } from '@ioi/law';
import type { InvariantDefinition, OperationRequest } from '@ioi/protocol';
import { invariantsIn, RECORDS, type StateHeads } from './archive-state.ts';

/** A class that is made again; `speaker` is the key it keeps fields for. */
export type KeptClass = {
  readonly name: string;
  readonly head: ClassHead;
  readonly speaker: string | undefined;
};

/** An operation of an import, and the key that has to speak it; the channel unless named. */
export type ImportStep = OperationRequest & { readonly speaker?: string };
type Aggregate = ClassHead['aggregates'][number];

/** With the count that each class has by itself: of one with so many no more may be said. */
const MOST_AGGREGATES = 32;

/** The key for which a class keeps fields, which has to speak whatever touches them. */
export function speakerOf({ owner, owner_only }: ClassHead): string | undefined {
  return owner_only.length === 0 || owner === 'channel' ? undefined : owner;
}

/** What of the invariants cannot be made again. */
export function refusedInvariants(
  heads: StateHeads,
  classes: readonly KeptClass[],
): string | undefined {
  const full = classes.find(({ head }) => head.aggregates.length >= MOST_AGGREGATES);
  if (full) return `${full.name}, which keeps ${MOST_AGGREGATES} numbers`;
  const tied = invariantsIn(heads).find((each) =>
    classesIn(each).some((name) => RECORDS.has(name)),
  );
  if (tied) return `${tied.invariant_id}, which is about records of archives`;
  const split = invariantsIn(heads).find((each) => speakersOf(each, classes).size > 1);
  return split && `${split.invariant_id}, which is over classes of more than one key`;
}

/**
 * Numbers are kept from when something is said of them, and of a class with objects nothing new may
 * be said. So that invariants can come after the objects, and be checked over them, others that
 * hold nobody to anything say it first, and are dropped in the end.
 */
export function planInvariants(
  heads: StateHeads,
  classes: readonly KeptClass[],
  domainId: string,
): Readonly<Record<'before' | 'after', readonly ImportStep[]>> {
  // Those of no force take no place among the others, as long as the others are not all there.
  const invariants = [...invariantsIn(heads)].sort((one, other) => forceOf(one) - forceOf(other));
  const used = new Set([...(heads.get('invariant')?.keys() ?? [])]);
  const numbers = classes.flatMap(({ name, head, speaker }) =>
    head.aggregates.filter(isKept).map((aggregate) => ({ name, aggregate, speaker })),
  );
  const ids = freeIds(used, numbers.length);
  const before = numbers.map(({ name, aggregate, speaker }, at): ImportStep => {
    const number = { aggregate: { object_class: name, ...aggregate } };
    const payload = {
      ...{ invariant_id: ids[at], domain_id: domainId },
      ...{ invariant_type: 'state_root', mode: 'record' },
      expression: { op: 'exists', args: [number] },
    };
    return { operation: 'objects/invariant.define', payload, ...by(speaker) };
  });
  const defined = invariants.map((each): ImportStep => {
    const [speaker] = speakersOf(each, classes);
    const payload = { ...each, domain_id: domainId };
    return { operation: 'objects/invariant.define', payload, ...by(speaker) };
  });
  const dropped = numbers.map(({ speaker }, at): ImportStep => {
    const payload = { invariant_id: ids[at] };
    return { operation: 'objects/invariant.drop', payload, ...by(speaker) };
  });
  return { before, after: [...defined, ...dropped] };
}

function forceOf({ mode }: InvariantDefinition): number {
  return mode === 'record' ? 0 : 1;
}

/** Every class has its count by itself. */
function isKept({ measure, where }: Aggregate): boolean {
  return measure !== 'count' || where !== undefined;
}

export function by(speaker: string | undefined) {
  return speaker === undefined ? {} : { speaker };
}

function freeIds(used: ReadonlySet<string>, count: number): string[] {
  const ids: string[] = [];
  for (let at = 0; ids.length < count; at += 1) {
    const id = `inv_import_${at}`;
    if (!used.has(id)) ids.push(id);
  }
  return ids;
}

function speakersOf(
  invariant: InvariantDefinition,
  classes: readonly KeptClass[],
): ReadonlySet<string> {
  const about = new Set(classesIn(invariant));
  const kept = classes.filter(({ name, head }) => about.has(name) && head.owner_only.length > 0);
  // One that is kept for the channel has to be spoken for by nobody else.
  const speakers = new Set(kept.map(({ speaker }) => speaker ?? CHANNEL));
  if (speakers.size === 1) speakers.delete(CHANNEL);
  return speakers;
}

const CHANNEL = 'channel';

/** Classes that the expression names: its leaves say them, and nothing else has such a member. */
function classesIn({ expression }: InvariantDefinition): readonly string[] {
  const text = expression === undefined ? undefined : canonicalJson(expression);
  if (!text?.ok) return [];
  const names = text.value.matchAll(/"object_class":"([^"\\]+)"/g);
  return [...new Set([...names].map(([, name = '']) => name))];
}
