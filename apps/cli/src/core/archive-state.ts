import { decodeHex, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest, digestOf } from '@ioi/canon';
import type { ClassHead, ObjectHead } from '@ioi/law';
import type { AgentStateArchiveEnvelope, OperationRequest, Rejection } from '@ioi/protocol';
import { shortDomain } from './domain-view.ts';
import type { ClassHeads } from './heads-diff.ts';

/** Heads of a state, class by class. */
export type StateHeads = ReadonlyMap<string, ClassHeads>;

type Named = Pick<AgentStateArchiveEnvelope, 'domain_id' | 'object_head_refs'>;

const OBJECTS = 'object.';
/** Steps of one transact. */
const MOST_STEPS = 32;
/** Bytes that steps may take of an entry, which has 65,535 at most: the rest is its frame. */
const MOST_STEP_BYTES = 62_000;
/** What an entry says of a step beside its value, and of each index that the object goes into. */
const STEP_FRAME = 300;
const INDEX_FRAME = 400;
/** A reference is kept under the id of its target. */
const REFERENCE_FRAME = 2_000;
/** What follows from objects and classes, and is made again with them. */
const DERIVED = /^(?:tally|unique|ranges|references|group)\./;
/** Who may speak in a domain is not taken along: that is given again. */
const LEFT_BEHIND: ReadonlySet<string> = new Set(['node', 'principal', 'domain', 'migration']);

/**
 * What says of a domain that it was archived or restored. It is about the domain before, so it does
 * not come along: a receipt that an archive brings is none of the domain that is made of it.
 */
const RECORDS: ReadonlySet<string> = new Set(['AgentStateArchive', 'RestoreReceipt']);
/** Of a class with more objects the node shows no listing, to compare what came. */
const MOST_OBJECTS = 100_000;

/** One reference for each class: the digest of the ids and values of its objects. */
export function headRefs(domain: string, heads: StateHeads): string[] {
  return [...heads.keys()]
    .filter((headClass) => headClass.startsWith(OBJECTS) && heads.get(headClass)?.size !== 0)
    .sort()
    .map((headClass) => `ref://${domain}/${headClass}@${valuesDigest(heads.get(headClass))}`);
}

/** The references name every class of objects of this state, each with its very objects. */
export function namesHeads({ domain_id, object_head_refs }: Named, heads: StateHeads): boolean {
  const refs = headRefs(shortDomain(domain_id), heads);
  return (
    refs.length === object_head_refs.length && refs.every((ref) => object_head_refs.includes(ref))
  );
}

/** The domain whose own log has this state, as its genesis says. */
export function domainOf(heads: StateHeads): string | undefined {
  const [node] = heads.get('node')?.values() ?? [];
  return node === undefined ? undefined : (JSON.parse(node) as { domain_id?: string }).domain_id;
}

/** What came of an import has the objects of what was opened, of every class, and no others. */
export function isImported(opened: StateHeads, came: StateHeads): boolean {
  const [before, after] = [opened, came].map((heads) => headRefs('', withoutRecords(heads)).join());
  return before === after;
}

function withoutRecords(heads: StateHeads): StateHeads {
  const kept = [...heads].filter(([headClass]) => {
    return !headClass.startsWith(OBJECTS) || !RECORDS.has(headClass.slice(OBJECTS.length));
  });
  return new Map(kept);
}

/**
 * The operations that make these classes, constraints and objects anew. Refuses a state that holds
 * something they cannot carry, rather than leave it out.
 */
export function importOperations(
  domainId: string,
  all: StateHeads,
): Result<readonly OperationRequest[], Rejection> {
  const heads = withoutRecords(all);
  const classes = [...(heads.get('class') ?? [])]
    .filter(([name]) => !RECORDS.has(name))
    .map(([name, text]) => ({ name, head: JSON.parse(text) as ClassHead }));
  const left = leftOut(heads, classes);
  if (left !== undefined) return notCarried(left);
  const defined = classes.map(({ name, head }): OperationRequest => {
    const { schema_version, schema, owner_only } = head;
    const kept = owner_only.length === 0 ? {} : { owner_only };
    const payload = { object_class: name, schema_version, schema, ...kept };
    return { operation: 'objects/class.define', payload };
  });
  const constraints = classes.flatMap(({ head }) => head.constraints);
  const [late, early] = [true, false].map((isLate) =>
    constraints
      .filter((each) => isOfWrites(each) === isLate)
      .map((each): OperationRequest => {
        const payload = { ...each, domain_id: domainId };
        return { operation: 'objects/constraint.define', payload };
      }),
  ) as [OperationRequest[], OperationRequest[]];
  const frames = new Map(classes.map(({ name, head }) => [name, frameOf(head)]));
  const sized = objectsOf(heads).map((step) => {
    return { step, bytes: bytesOf(step) + (frames.get(step.object_class) ?? STEP_FRAME) };
  });
  const large = sized.find(({ bytes }) => bytes > MOST_STEP_BYTES);
  if (large) {
    const { object_class, id } = large.step;
    return notCarried(`${id} of ${object_class}, which one operation cannot hold`);
  }
  return ok([...defined, ...early, ...transacts(sized), ...late]);
}

type NamedClass = { readonly name: string; readonly head: ClassHead };

/** What no operation here would make again, or not so that it could be compared. */
function leftOut(heads: StateHeads, classes: readonly NamedClass[]): string | undefined {
  const strange = [...heads].find(([headClass, held]) => isStrange(headClass, held));
  if (strange) return strange[0];
  const many = [...heads].find(([, held]) => held.size > MOST_OBJECTS);
  if (many) return `${many[0]}, which has more than ${MOST_OBJECTS} objects`;
  const moving = classes.find(({ head }) => head.migration || head.invariants.length > 0);
  if (moving) return `${moving.name}, which migrates or has invariants`;
  const owned = classes.find(({ head }) => head.owner_only.length > 0 && head.owner !== 'channel');
  if (owned) return `${owned.name}, which keeps fields for its owner, a key`;
  const tied = classes
    .flatMap(({ head }) => head.constraints)
    .find(({ expression }) => RECORDS.has(Object(expression).object_class));
  return tied && `${tied.constraint_id}, which refers to records of archives`;
}

type Step = { readonly object_class: string; readonly id: string; readonly value: object };
type SizedStep = { readonly step: Step; readonly bytes: number };
type Stored = Step & { readonly createdAt: bigint };

/** In the order in which they were made: what refers to another came after it. */
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

function transacts(steps: readonly SizedStep[]): OperationRequest[] {
  const operations: OperationRequest[] = [];
  let batch: Step[] = [];
  let size = 0;
  const close = (): void => {
    if (batch.length === 0) return;
    const put = batch.map((step) => ({ action: 'put', ...step, expected_version: '0' }));
    operations.push({ operation: 'objects/transact', payload: { steps: put } });
    batch = [];
    size = 0;
  };
  for (const { step, bytes } of steps) {
    if (batch.length === MOST_STEPS || size + bytes > MOST_STEP_BYTES) close();
    batch.push(step);
    size += bytes;
  }
  close();
  return operations;
}

/**
 * Holds what changes, and when, but not what is there: an object that is made again as it ended
 * breaks it, and it may come after the objects.
 */
function isOfWrites({ constraint_type, expression }: ClassHead['constraints'][number]): boolean {
  return constraint_type === 'temporal' && Object(expression).kind !== 'order';
}

/** Of a value an entry has two: what was asked for, and what came of it. */
function bytesOf(step: Step): number {
  return 2 * encodeUtf8(canonicalText(step)).length;
}

function frameOf({ constraints }: ClassHead): number {
  const indexed = constraints.map(({ constraint_type }) =>
    constraint_type === 'foreign_ref' ? REFERENCE_FRAME : INDEX_FRAME,
  );
  return indexed.reduce((bytes, each) => bytes + each, STEP_FRAME);
}

function isStrange(headClass: string, held: ClassHeads): boolean {
  if (held.size === 0 || headClass.startsWith(OBJECTS) || DERIVED.test(headClass)) return false;
  if (headClass === 'class' || headClass === 'constraint') return false;
  return !LEFT_BEHIND.has(headClass);
}

function valuesDigest(held: ClassHeads | undefined): Digest {
  const values = [...(held ?? [])]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, text]) => [id, (JSON.parse(text) as ObjectHead).value]);
  const digest = digestOf(values);
  if (!digest.ok) throw new Error(digest.error.message);
  return digest.value;
}

function notCarried(what: string): Result<never, Rejection> {
  return err({ code: 'archive.not_carried', message: `an import cannot carry ${what}` });
}

/** How a person names that no policy was in force. */
export const NO_POLICY = 'none';

/** State comes in under the policy it was made under, or where somebody names that one. */
export function mayComeUnder({
  made,
  now,
  accepted,
}: Readonly<Record<'made' | 'now' | 'accepted', string | undefined>>): boolean {
  return made === now || accepted === (made ?? NO_POLICY);
}

/** CIDv1 of these bytes (raw, SHA-256), by their digest in hex. */
export function cidOf(sha256: string): string {
  const bytes = [0x01, 0x55, 0x12, 0x20, ...(decodeHex(sha256) ?? [])];
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  const groups = bits.match(/.{1,5}/g) ?? [];
  const digits = groups.map((each) => letters[Number.parseInt(each.padEnd(5, '0'), 2)]);
  return `cid://b${digits.join('')}`;
}

export function canonicalText(value: object): string {
  const text = canonicalJson(value);
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
}
