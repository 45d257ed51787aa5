import { decodeHex, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest, digestOf } from '@ioi/canon';
import type { ClassHead, ObjectHead } from '@ioi/law';
import type { OperationRequest, Rejection } from '@ioi/protocol';
import type { ClassHeads } from './heads-diff.ts';

/** Heads of a state, class by class. */
export type StateHeads = ReadonlyMap<string, ClassHeads>;

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

/** One reference for each class: the digest of the ids and values of its objects. */
export function headRefs(domain: string, heads: StateHeads): string[] {
  return [...heads.keys()]
    .filter((headClass) => headClass.startsWith(OBJECTS))
    .sort()
    .map((headClass) => `ref://${domain}/${headClass}@${valuesDigest(heads.get(headClass))}`);
}

/** What came of an import has the very objects of the archive, of every class that it names. */
export function hasHeads(refs: readonly string[], heads: StateHeads): boolean {
  return refs.every((ref) => {
    const [, headClass = '', digest] = /^ref:\/\/[^/]+\/([^@]+)@(.+)$/.exec(ref) ?? [];
    return digest !== undefined && valuesDigest(heads.get(headClass)) === digest;
  });
}

/**
 * The operations that make these classes, constraints and objects anew. Refuses a state that holds
 * something they cannot carry, rather than leave it out.
 */
export function importOperations(
  domainId: string,
  heads: StateHeads,
): Result<readonly OperationRequest[], Rejection> {
  const strange = [...heads].find(([headClass, held]) => isStrange(headClass, held));
  if (strange) return notCarried(strange[0]);
  const classes = [...(heads.get('class') ?? [])].map(([name, text]) => {
    return { name, head: JSON.parse(text) as ClassHead };
  });
  const moving = classes.find(({ head }) => head.migration || head.invariants.length > 0);
  if (moving) return notCarried(`${moving.name}, which migrates or has invariants`);
  const owned = classes.find(({ head }) => head.owner_only.length > 0 && head.owner !== 'channel');
  if (owned) return notCarried(`${owned.name}, which keeps fields for its owner, a key`);
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
