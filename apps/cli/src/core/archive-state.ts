import { decodeHex } from '@ioi/basis';
import { canonicalJson, type Digest, digestOf } from '@ioi/canon';
import type { InvariantHead, ObjectHead } from '@ioi/law';
import type {
  AgentStateArchiveEnvelope,
  ArtifactEnvelope,
  CrossDomainRefEnvelope,
  InvariantDefinition,
} from '@ioi/protocol';
import { shortDomain } from './domain-view.ts';
import type { ClassHeads } from './heads-diff.ts';

/** Heads of a state, class by class. */
export type StateHeads = ReadonlyMap<string, ClassHeads>;

type Named = Pick<AgentStateArchiveEnvelope, 'domain_id' | 'object_head_refs'>;

/** Before the class of objects in the name of a class of heads. */
export const OBJECTS = 'object.';

/**
 * What says of a domain that it was archived or restored. It is about the domain before, so it does
 * not come along: a receipt that an archive brings is none of the domain that is made of it.
 */
export const RECORDS: ReadonlySet<string> = new Set(['AgentStateArchive', 'RestoreReceipt']);

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

/**
 * What came of an import has the objects of what was opened, of every class, and no others; and
 * its invariants, references and artifacts.
 */
export function isImported(opened: StateHeads, came: StateHeads): boolean {
  const [before, after] = [opened, came].map((heads) => {
    return headRefs('', withoutRecords(heads)).join() + besideObjects(heads);
  });
  return before === after;
}

export function withoutRecords(heads: StateHeads): StateHeads {
  const kept = [...heads].filter(([headClass]) => {
    return !headClass.startsWith(OBJECTS) || !RECORDS.has(headClass.slice(OBJECTS.length));
  });
  return new Map(kept);
}

/** Invariants in force, in the order of their ids. */
export function invariantsIn(heads: StateHeads): InvariantDefinition[] {
  return valuesOf<InvariantHead>(heads, 'invariant')
    .filter(({ state }) => state === 'active')
    .map(({ definition }) => definition);
}

/** What is bound of other domains, by roots and hashes. */
export function referencesIn(heads: StateHeads): CrossDomainRefEnvelope[] {
  return valuesOf(heads, 'reference');
}

/** What says where bytes are that stand beside the log. */
export function artifactsIn(heads: StateHeads): ArtifactEnvelope[] {
  return valuesOf(heads, 'artifact');
}

function valuesOf<T>(heads: StateHeads, headClass: string): T[] {
  return [...(heads.get(headClass) ?? [])]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, text]) => JSON.parse(text) as T);
}

/** A reference of the domain that is put away is one of the domain that is made. */
export function referenceIn(
  reference: CrossDomainRefEnvelope,
  { from, to }: { readonly from: string | undefined; readonly to: string },
): CrossDomainRefEnvelope {
  return reference.source_domain === from ? { ...reference, source_domain: to } : reference;
}

/** Beside objects: the same wherever it stands, so without the name of the domain. */
function besideObjects(heads: StateHeads): string {
  const from = domainOf(heads);
  return canonicalText({
    invariants: invariantsIn(heads).map((each) => ({ ...each, domain_id: '' })),
    references: referencesIn(heads).map((each) => referenceIn(each, { from, to: '' })),
    artifacts: artifactsIn(heads),
  });
}

function valuesDigest(held: ClassHeads | undefined): Digest {
  const values = [...(held ?? [])]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, text]) => [id, (JSON.parse(text) as ObjectHead).value]);
  const digest = digestOf(values);
  if (!digest.ok) throw new Error(digest.error.message);
  return digest.value;
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
