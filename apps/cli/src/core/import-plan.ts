import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { ClassHead, ObjectHead } from '@ioi/law';
import type { ConstraintDefinitionEnvelope, Rejection } from '@ioi/protocol';
import {
  artifactsIn,
  canonicalText,
  domainOf,
  OBJECTS,
  RECORDS,
  referenceIn,
  referencesIn,
  type StateHeads,
  withoutRecords,
} from './archive-state.ts';
import type { ClassHeads } from './heads-diff.ts';
import {
  by,
  type ImportStep,
  type KeptClass,
  planInvariants,
  refusedInvariants,
  speakerOf,
} from './import-invariants.ts';
import { inOrder, type Links, linksOf, type Step, tooEarly } from './import-order.ts';

export type ImportTo = {
  readonly domainId: string;
  /** Classes that are from now on kept for this node's channel instead of for a key. */
  readonly rebound?: ReadonlySet<string>;
};

/** Steps of one transact. */
const MOST_STEPS = 32;
/** Bytes that steps may take of an entry, which has 65,535 at most: the rest is its frame. */
const MOST_STEP_BYTES = 62_000;
/** What a signature takes of an entry. */
const SIGNATURE_BYTES = 4_000;
/** What an entry says of a step beside its value, and of each index that the object goes into. */
const STEP_FRAME = 300;
const INDEX_FRAME = 400;
/** A reference is kept under the id of its target. */
const REFERENCE_FRAME = 2_000;
/** Of a class with more objects the node shows no listing, to compare what came. */
const MOST_OBJECTS = 100_000;
/** What follows from objects and classes, and is made again with them. */
const DERIVED = /^(?:tally|unique|ranges|references|group)\./;
/** Who may speak in a domain is not taken along: that is given again; nor where it was going. */
const LEFT_BEHIND: ReadonlySet<string> = new Set([
  ...['node', 'principal', 'domain', 'migration', 'move'],
]);
const CARRIED: ReadonlySet<string> = new Set([
  ...['class', 'constraint', 'invariant', 'reference', 'artifact'],
]);

/**
 * The operations that make these classes, constraints, objects, invariants, references and
 * artifacts anew, in an order in which each is admitted. Refuses a state that holds something they
 * cannot carry, rather than leave it out. Numbers that invariants look at are kept from before the
 * first object on; the invariants come after the last, so that they are checked over all of them.
 */
export function importOperations(
  { domainId, rebound = new Set() }: ImportTo,
  all: StateHeads,
): Result<readonly ImportStep[], Rejection> {
  const heads = withoutRecords(all);
  const classes = [...(heads.get('class') ?? [])]
    .filter(([name]) => !RECORDS.has(name))
    .map(([name, text]): KeptClass => {
      const head = JSON.parse(text) as ClassHead;
      return { name, head, speaker: rebound.has(name) ? undefined : speakerOf(head) };
    });
  const left = leftOut(heads, classes) ?? refusedInvariants(heads, classes);
  if (left !== undefined) return notCarried(left);
  const invariants = planInvariants(heads, classes, domainId);
  const constraints = constraintsOf(classes, domainId);
  const links = linksOf(classes);
  const sized = sizedObjects(heads, classes, links);
  const large = sized.find(({ bytes, speaker }) => bytes > mostBytes(speaker));
  if (large) {
    const { object_class, id } = large.step;
    return notCarried(`${id} of ${object_class}, which one operation cannot hold`);
  }
  const objects = transacts(sized);
  const early = tooEarly(objects.map(stepsOf), links);
  if (early) return notCarried(`${early.id} of ${early.object_class}, whose references lead back`);
  return ok([
    ...classes.map(definitionOf),
    ...constraints.early,
    ...invariants.before,
    ...objects,
    ...constraints.late,
    ...invariants.after,
    ...boundBeside(heads, domainId),
  ]);
}

/** The keys for which classes keep fields: each has to speak for itself, or be replaced. */
export function keepersOf(all: StateHeads): ReadonlyMap<string, readonly string[]> {
  const keepers = new Map<string, string[]>();
  for (const [name, text] of all.get('class') ?? []) {
    const speaker = speakerOf(JSON.parse(text) as ClassHead);
    if (speaker !== undefined) keepers.set(speaker, [...(keepers.get(speaker) ?? []), name]);
  }
  return keepers;
}

function definitionOf({ name, head, speaker }: KeptClass): ImportStep {
  const { schema_version, schema, owner_only } = head;
  const kept = owner_only.length === 0 ? {} : { owner_only };
  const payload = { object_class: name, schema_version, schema, ...kept };
  return { operation: 'objects/class.define', payload, ...by(speaker) };
}

function constraintsOf(classes: readonly KeptClass[], domainId: string) {
  const all = classes.flatMap(({ head, speaker }) =>
    head.constraints.map((constraint) => {
      const payload = { ...constraint, domain_id: domainId };
      const step: ImportStep = { operation: 'objects/constraint.define', payload, ...by(speaker) };
      return { step, isLate: isOfWrites(constraint) };
    }),
  );
  const [late, early] = [true, false].map((isLate) =>
    all.filter((each) => each.isLate === isLate).map(({ step }) => step),
  ) as [ImportStep[], ImportStep[]];
  return { early, late };
}

/** By roots and hashes, as they were: what they name stays where it is. */
function boundBeside(heads: StateHeads, to: string): ImportStep[] {
  const names = { from: domainOf(heads), to };
  const bound = referencesIn(heads).map((each): ImportStep => {
    return { operation: 'objects/reference.bind', payload: referenceIn(each, names) };
  });
  const attached = artifactsIn(heads).map((payload): ImportStep => {
    return { operation: 'objects/artifact.attach', payload };
  });
  return [...bound, ...attached];
}

/** What no operation here would make again, or not so that it could be compared. */
function leftOut(heads: StateHeads, classes: readonly KeptClass[]): string | undefined {
  const strange = [...heads].find(([headClass, held]) => isStrange(headClass, held));
  if (strange) return strange[0];
  const many = [...heads].find(([, held]) => held.size > MOST_OBJECTS);
  if (many) return `${many[0]}, which has more than ${MOST_OBJECTS} objects`;
  const moving = classes.find(({ head }) => head.migration);
  if (moving) {
    return `${moving.name}, which migrates: finish it, or ioi agentgres migrate --rollback`;
  }
  const tied = classes
    .flatMap(({ head }) => head.constraints)
    .find(({ expression }) => RECORDS.has(Object(expression).object_class));
  return tied && `${tied.constraint_id}, which refers to records of archives`;
}

type SizedStep = {
  readonly step: Step;
  readonly bytes: number;
  readonly speaker: string | undefined;
};
type Stored = Step & { readonly createdAt: bigint };

function stepsOf({ payload }: ImportStep): readonly Step[] {
  return (payload as { readonly steps: readonly Step[] }).steps;
}

function sizedObjects(heads: StateHeads, classes: readonly KeptClass[], links: Links): SizedStep[] {
  const known = new Map(classes.map(({ name, head, speaker }) => [name, { head, speaker }]));
  return inOrder(objectsOf(heads), links).map((step) => {
    const { head, speaker } = known.get(step.object_class) ?? {};
    const bytes = bytesOf(step) + (head === undefined ? STEP_FRAME : frameOf(head));
    return { step, bytes, speaker };
  });
}

/** In the order in which they were made. */
function objectsOf(heads: StateHeads): Step[] {
  const stored = [...heads].flatMap(([headClass, held]): Stored[] => {
    if (!headClass.startsWith(OBJECTS)) return [];
    const object_class = headClass.slice(OBJECTS.length);
    return [...held].map(([id, text]) => {
      const { value, created_seq } = JSON.parse(text) as ObjectHead;
      return { object_class, id, value, createdAt: BigInt(created_seq) };
    });
  });
  stored.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
  return stored.map(({ createdAt: _, ...step }) => step);
}

/** One operation has one speaker. */
function transacts(steps: readonly SizedStep[]): ImportStep[] {
  const operations: ImportStep[] = [];
  let batch: Step[] = [];
  let size = 0;
  let speaking: string | undefined;
  const close = (): void => {
    if (batch.length === 0) return;
    const put = batch.map((step) => ({ action: 'put', ...step, expected_version: '0' }));
    operations.push({ operation: 'objects/transact', payload: { steps: put }, ...by(speaking) });
    batch = [];
    size = 0;
  };
  for (const { step, bytes, speaker } of steps) {
    const isFull = batch.length === MOST_STEPS || size + bytes > mostBytes(speaker);
    if (isFull || speaker !== speaking) close();
    speaking = speaker;
    batch.push(step);
    size += bytes;
  }
  close();
  return operations;
}

function mostBytes(speaker: string | undefined): number {
  return MOST_STEP_BYTES - (speaker === undefined ? 0 : SIGNATURE_BYTES);
}

/**
 * Holds what changes, and when, but not what is there: an object that is made again as it ended
 * breaks it, and it may come after the objects.
 */
function isOfWrites({ constraint_type, expression }: ConstraintDefinitionEnvelope): boolean {
  return constraint_type === 'temporal' && Object(expression).kind !== 'order';
}

/** Of a value an entry has two: what was asked for, and what came of it. */
function bytesOf(step: Step): number {
  return 2 * encodeUtf8(canonicalText(step)).length;
}

function frameOf({ constraints, aggregates }: ClassHead): number {
  const indexed = constraints.map(({ constraint_type }) =>
    constraint_type === 'foreign_ref' ? REFERENCE_FRAME : INDEX_FRAME,
  );
  const kept = Math.max(aggregates.length - 1, 0) * INDEX_FRAME;
  return indexed.reduce((bytes, each) => bytes + each, STEP_FRAME + kept);
}

function isStrange(headClass: string, held: ClassHeads): boolean {
  if (held.size === 0 || headClass.startsWith(OBJECTS) || DERIVED.test(headClass)) return false;
  return !CARRIED.has(headClass) && !LEFT_BEHIND.has(headClass);
}

function notCarried(what: string): Result<never, Rejection> {
  return err({ code: 'archive.not_carried', message: `an import cannot carry ${what}` });
}
