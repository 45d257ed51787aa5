import {
  type ClassHead,
  commitSummaryOf,
  domainModules,
  nodeEventsOf,
  nodeModules,
  objectKeys,
  type PrincipalHead,
  principalKey,
  referencesOf,
  touchedBy,
} from '@ioi/law';
import type { HeadKey, ItemExplanation, ItemKind, LogEntry } from '@ioi/protocol';
import { entriesOf } from '../entries-of.ts';
import { sizeOf } from '../export.ts';
import type { HeadReader } from '../head-reader.ts';
import { NODE_DOMAIN } from '../writer-messages.ts';
import type { DomainHandle } from './domains.ts';

/** A commit closes at most so many entries after the one that is asked about. */
const COMMIT_ENTRIES_MAX = 8_192;
const PAGE = 512;
const DEPENDENTS_MAX = 50;
const OBJECT = 'object.';

/** What something in a domain is, where it came from, and what hangs on it. */
export function explainItem(handle: DomainHandle, id: string): ItemExplanation | undefined {
  const { reader, domainId, latest } = handle;
  const key = objectKey(reader, id);
  const entry = key ? reader.entry(reader.changedAt(key) ?? -1) : entryOf(reader, id);
  const commit = entry && commitOf(reader, entry);
  const summary = commit && commitSummaryOf(commit);
  if (!entry || !summary) return undefined;
  const keys = key ? [key] : touchedBy([entry], modulesOf(handle));
  const classes = classesOf(key ? [key] : touchedBy([entry], domainModules()));
  return {
    domain_id: domainId,
    kind: key ? 'object' : kindOf(entry, id),
    id,
    entry,
    author: authorOf(reader, entry),
    is_voided: summary.voided.some(({ seq }) => seq === entry.seq),
    sealed: {
      commit_seq: commit.seq,
      height: commit.height,
      chain_time: commit.chain_time,
      state_root: summary.state_root,
      first_seq: summary.first_seq,
      checkpoint_size: reader.size,
      is_cosigned: sizeOf(latest.cosigned) > Number(commit.seq),
    },
    changed: key ? [] : keys.map((each) => changed(reader, each)),
    ...lookedAt(reader, classes),
    dependents: [...(key ? referrers(reader, key) : []), ...laterEntries(reader, entry)],
    ...(key ? { value: reader.get(key) } : {}),
  };
}

/** `CLASS/ID`, where a governed class may leave out what all of them begin with. */
function objectKey(reader: HeadReader, id: string): HeadKey | undefined {
  const slash = id.indexOf('/');
  if (slash < 1 || id[slash + 1] === '/') return undefined;
  const [name, rest] = [id.slice(0, slash), id.slice(slash + 1)];
  const candidates = [`${OBJECT}${name}`, name].map((headClass) => ({ headClass, id: rest }));
  return candidates.find((key) => reader.changedAt(key) !== undefined);
}

/** Of several the first: what an id stands for came into being there. */
function entryOf(reader: HeadReader, id: string): LogEntry | undefined {
  return entriesOf(reader, id)[0];
}

function modulesOf({ slot }: DomainHandle) {
  return slot === NODE_DOMAIN ? nodeModules() : domainModules();
}

function kindOf(entry: LogEntry, id: string): ItemKind {
  if (commitSummaryOf(entry)) return 'commit';
  if (entry.seq === '0') return 'genesis';
  const events = nodeEventsOf(entry);
  const isNamed = (name: string): boolean => name.startsWith(id);
  if (
    events.some((event) => event.type === 'receipt.emitted' && isNamed(event.receipt.receipt_id))
  ) {
    return 'receipt';
  }
  return events.some((event) => 'proposal_id' in event && isNamed(event.proposal_id))
    ? 'proposal'
    : 'operation';
}

/**
 * The commit that covers an entry: the last of its height, since what a crash left unsealed, commit
 * entries too, has the height of the recovery that voids it.
 */
export function commitOf(reader: HeadReader, { seq, height }: LogEntry): LogEntry | undefined {
  const first = Number(seq);
  let last: LogEntry | undefined;
  for (let from = first; from < first + COMMIT_ENTRIES_MAX && from < reader.size; from += PAGE) {
    const page = reader.entries(from, from + PAGE);
    const same = page.filter((each) => each.height === height);
    last = same.findLast((each) => commitSummaryOf(each)) ?? last;
    if (same.length < page.length) break;
  }
  return last;
}

function authorOf(reader: HeadReader, { authenticated_by: by }: LogEntry) {
  const first = by.kind === 'batch_member' ? reader.entry(Number(by.signed_seq)) : undefined;
  const signed = first?.authenticated_by ?? by;
  if (!('signature' in signed)) return { kind: by.kind };
  const { key_id } = signed.signature;
  const head = reader.get<PrincipalHead & { label?: string }>(principalKey(key_id));
  return { kind: by.kind, key_id, ...(head?.label === undefined ? {} : { label: head.label }) };
}

function changed(reader: HeadReader, key: HeadKey): ItemExplanation['changed'][number] {
  const seq = reader.changedAt(key);
  const { headClass: head_class, id } = key;
  return { head_class, id, ...(seq === undefined ? {} : { changed_seq: String(seq) }) };
}

function classesOf(keys: readonly HeadKey[]): string[] {
  const governed = keys.filter(({ headClass }) => headClass.startsWith(OBJECT));
  return [...new Set(governed.map(({ headClass }) => headClass.slice(OBJECT.length)))];
}

/** Constraints and invariants of the classes it is about, as they are now. */
function lookedAt(reader: HeadReader, classes: readonly string[]) {
  const heads = classes.flatMap((name) => {
    const head = reader.get<ClassHead>(objectKeys.objectClass(name));
    return head ? [{ name, head }] : [];
  });
  const constraints = heads.flatMap(({ name, head }) =>
    head.constraints.map(({ constraint_id, constraint_type, enforcement_mode }) => {
      return { object_class: name, constraint_id, constraint_type, enforcement_mode };
    }),
  );
  const invariants = [...new Set(heads.flatMap(({ head }) => head.invariants))];
  return { constraints, invariants };
}

/** Foreign references that hold the object. */
function referrers(reader: HeadReader, { headClass, id }: HeadKey): ItemExplanation['dependents'] {
  const name = headClass.slice(OBJECT.length);
  const head = reader.get<ClassHead>(objectKeys.objectClass(name));
  return (head?.referenced_by ?? []).flatMap(({ constraint_id }) => {
    const key = objectKeys.references(constraint_id, id);
    const held = reader.get<{ total: string }>(key);
    return held ? [{ kind: 'reference' as const, constraint_id, count: held.total }] : [];
  });
}

/** Entries that refer to what this one brought into being. */
function laterEntries(reader: HeadReader, entry: LogEntry): ItemExplanation['dependents'] {
  const references = [entry.operation_id, ...referencesOf(entry)];
  const seqs = references.flatMap((reference) => reader.find(reference, DEPENDENTS_MAX));
  const later = [...new Set(seqs)].filter((seq) => seq > Number(entry.seq)).sort((a, b) => a - b);
  return later.slice(0, DEPENDENTS_MAX).map((seq) => {
    const operation = reader.entry(seq)?.operation ?? '';
    return { kind: 'entry' as const, seq: String(seq), operation };
  });
}
