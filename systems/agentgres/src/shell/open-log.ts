import { randomUUID } from 'node:crypto';
import { encodeUtf8, type Result } from '@ioi/basis';
import {
  applyTexts,
  COMMIT_OPERATION,
  CommitCutter,
  type CutCommit,
  commitSummaryOf,
  effectiveItems,
  foldEntries,
  HeadMap,
  headChangeOf,
  headName,
  headTextOf,
  type Modules,
  operationIdWith,
  parseEntry,
  referencesOf,
  rootDigest,
  type SealedText,
  touchedBy,
} from '@ioi/law';
import { Frontier, StateTree } from '@ioi/merkle';
import { fastestPairHasher } from '@ioi/merkle/shell';
import type { Genesis, HeadKey, LogEntry } from '@ioi/protocol';
import {
  type Attestor,
  closeCommit,
  type LogStore,
  type Reference,
  rowsOf,
  type Seal,
  type StoredEntry,
} from '../core/index.ts';
import { LogFault } from './log-faults.ts';

/** The log as it stands after opening: everything in it is sealed. */
export type OpenLog = {
  readonly frontier: Frontier;
  readonly tree: StateTree;
  readonly seal: Seal | undefined;
  /** True when unsealed entries were found; a recovery commit closed them. */
  readonly recovered: boolean;
};

/** Entries folded at a time: what memory holds of a log that is folded again from its start. */
export const FOLD_CHUNK = 4096;
const HEADS_PAGE = 10_000;

/**
 * Opens a log against its attestor: a store behind its seal, or one that differs from it, halts
 * the domain; heads that lag are folded; an unsealed tail is closed by a recovery commit that
 * voids what the attestor does not admit (decision record 0006).
 */
export async function openLog(
  store: LogStore,
  attestor: Attestor,
  modules: Modules,
  nextOperationId: () => string = newOperationId,
): Promise<OpenLog> {
  await store.claim();
  try {
    return await openClaimed(store, attestor, modules, nextOperationId);
  } catch (fault) {
    // Whoever took over meanwhile changed what was being read: nothing is wrong with the log.
    await store.held();
    throw fault;
  }
}

async function openClaimed(
  store: LogStore,
  attestor: Attestor,
  modules: Modules,
  nextOperationId: () => string,
): Promise<OpenLog> {
  const seal = await attestor.open();
  const sealed = Number(seal?.size ?? 0);
  const size = Number(await store.size());
  const known = (await store.watermark()).size;
  if (size < sealed) {
    const gap = `entries ${size} to ${sealed - 1} are missing`;
    const message = `the log has ${size} entries, its seal covers ${sealed}: ${gap}`;
    throw new LogFault('log.behind_seal', message);
  }
  if (known > sealed) {
    const message = `the guardian seals ${sealed} entries, ${known} were sealed before`;
    throw new LogFault('log.seal_rolled_back', message);
  }
  if (sealed > 0) await checkModules(store, modules);
  // Sealed by the guardian, and perhaps not yet told: a writer may have ended in between. Told
  // before the heads follow, since whoever takes over goes on from what was told.
  if (seal) await store.publish?.(seal);
  const folding = { store, modules };
  const { frontier, tree } = await standing(folding, seal).catch(async (fault: unknown) => {
    if (!(fault instanceof LogFault) || !CURABLE.has(fault.code)) throw fault;
    // It may be the heads alone that are not right: the log says what they are.
    await store.resetHeads();
    return standing(folding, seal);
  });
  if (size === sealed) return { frontier, tree, seal, recovered: false };
  return recoverTail({ ...folding, attestor, frontier, tree, nextOperationId });
}

/** Genesis names what folds and decides the log; with anything else it would silently diverge. */
async function checkModules(store: LogStore, modules: Modules): Promise<void> {
  const [first] = parseAll(await store.entries(0n, 1n));
  const named = (first?.entry.payload as Partial<Genesis> | undefined)?.modules ?? [];
  const strange = named.find(({ name, module_hash }) => {
    return modules.get(name)?.moduleHash !== module_hash;
  });
  if (strange === undefined) return;
  const own = modules.get(strange.name)?.version ?? 'none';
  const begun = `${strange.name} ${strange.version}`;
  const message = `the log was begun with ${begun}, this program has ${own}`;
  throw new LogFault('log.other_modules', message);
}

type Folding = { readonly store: LogStore; readonly modules: Modules };

/** Faults that heads folded again may not have. */
const CURABLE: ReadonlySet<string> = new Set(['log.differs_from_seal', 'log.heads_damaged']);

/** Log and state tree as sealed, with the heads brought up to them. */
async function standing(folding: Folding, seal: Seal | undefined) {
  const sealed = Number(seal?.size ?? 0);
  const frontier = await catchUp(folding, sealed);
  if (seal && Buffer.from(frontier.root()).toString('base64') !== seal.root) {
    throw new LogFault('log.differs_from_seal', `the first ${sealed} entries are not those sealed`);
  }
  return { frontier, tree: await checkedTree(folding, sealed) };
}

/**
 * A copy as it stands: its heads brought up to it, and the state tree that they make. Whether it is
 * a copy of what was sealed, whoever keeps it knows.
 */
export async function openCopy(store: LogStore, modules: Modules) {
  const size = Number(await store.size());
  if (size > 0) await checkModules(store, modules);
  const stands = async () => {
    const frontier = await catchUp({ store, modules }, size);
    return { frontier, tree: await checkedTree({ store, modules }, size) };
  };
  return stands().catch(async (fault: unknown) => {
    if (!(fault instanceof LogFault) || !CURABLE.has(fault.code)) throw fault;
    await store.resetHeads();
    return stands();
  });
}

/** The state tree of the heads, from their snapshot when that leads to the sealed root. */
async function checkedTree(folding: Folding, sealed: number): Promise<StateTree> {
  const wanted = await sealedRoot(folding.store, sealed);
  const kept = await treeFromSnapshot(folding, sealed);
  if (kept && rootDigest(kept) === wanted) return kept;
  const tree = await treeOf(folding.store);
  if (rootDigest(tree) === wanted) return tree;
  throw new LogFault('log.heads_damaged', 'the heads do not make the state that was sealed');
}

/** From the heads, all of them. */
async function treeOf(store: LogStore): Promise<StateTree> {
  const tree = new StateTree(fastestPairHasher());
  let after: HeadKey | undefined;
  for (;;) {
    const page = await store.headsAfter(after, HEADS_PAGE);
    applyTexts(tree, page);
    const last = page.at(-1);
    if (last === undefined) return tree;
    after = { headClass: last.headClass, id: last.id };
  }
}

/** From the snapshot, and the heads that entries after it touched; undefined without one. */
async function treeFromSnapshot(
  { store, modules }: Folding,
  sealed: number,
): Promise<StateTree | undefined> {
  const snapshot = await store.snapshot();
  if (!snapshot || snapshot.size > sealed) return undefined;
  const restored = StateTree.restore(snapshot.bytes, fastestPairHasher());
  if (!restored.ok) return undefined;
  const tree = restored.value;
  for (let from = snapshot.size; from < sealed; from += FOLD_CHUNK) {
    const to = Math.min(from + FOLD_CHUNK, sealed);
    const entries = parseAll(await store.entries(BigInt(from), BigInt(to)));
    const keys = touchedBy(
      entries.map(({ entry }) => entry),
      modules,
    );
    const held = new Map((await store.headsAt(keys)).map((head) => [headName(head), head]));
    const gone = { seq: 0, value: undefined };
    applyTexts(
      tree,
      keys.map((key) => held.get(headName(key)) ?? { ...key, ...gone }),
    );
  }
  return tree;
}

/** Of the commit entry that closes the sealed part; an empty tree's when there is none. */
async function sealedRoot(store: LogStore, sealed: number): Promise<string> {
  if (sealed === 0) return rootDigest(new StateTree());
  const [last] = parseAll(await store.entries(BigInt(sealed - 1), BigInt(sealed)));
  return (last && commitSummaryOf(last.entry)?.state_root) ?? '';
}

/** Folds the sealed entries the heads do not know yet, some commits at a time. */
export async function catchUp(folding: Folding, sealed: number): Promise<Frontier> {
  const { store } = folding;
  const known = Frontier.restore(await store.watermark());
  const usable = known.ok && known.value.size <= sealed;
  if (!usable) await store.resetHeads();
  let frontier = usable ? known.value : Frontier.empty;
  const cutter = new CommitCutter<SealedText>();
  for (let from = frontier.size; from < sealed; from += FOLD_CHUNK) {
    const to = Math.min(from + FOLD_CHUNK, sealed);
    const commits: CutCommit<SealedText>[] = [];
    // From the texts, not from stored hashes: what is folded is what was sealed.
    for (const entry of parseAll(await store.entries(BigInt(from), BigInt(to)))) {
      commits.push(...valueOrHalt(cutter.take(entry)));
    }
    if (to === sealed) commits.push(...valueOrHalt(cutter.finish()));
    frontier = await foldCommits(folding, frontier, commits);
  }
  return frontier;
}

async function foldCommits(
  folding: Folding,
  before: Frontier,
  commits: readonly CutCommit<SealedText>[],
): Promise<Frontier> {
  const items = commits.flatMap((commit) => commit.items);
  const effective = commits.flatMap(effectiveItems).map(({ entry }) => entry);
  const frontier = before.extend(items.map(({ leaf }) => leaf)).frontier;
  await folding.store.applySealed({
    changes: await fold(folding, effective),
    watermark: frontier.serialise(),
    references: commits.flatMap(referencesOfCommit),
  });
  return frontier;
}

function valueOrHalt<T>(result: Result<T, { readonly message: string }>): T {
  if (!result.ok) throw new LogFault('log.damaged', result.error.message);
  return result.value;
}

/** Head changes of entries, on the heads that the store has of what they touch. */
async function fold({ store, modules }: Folding, entries: readonly LogEntry[]) {
  const below = new HeadMap();
  const held = await store.headsAt(touchedBy(entries, modules));
  below.apply(held.map(headChangeOf));
  return valueOrHalt(foldEntries(entries, modules, below)).map(headTextOf);
}

function parseAll(stored: readonly StoredEntry[]): SealedText[] {
  return stored.map(({ seq, text }) => {
    const parsed = parseEntry(encodeUtf8(text));
    if (!parsed.ok) throw new LogFault('log.damaged', `entry ${seq}: ${parsed.error.message}`);
    return parsed.value;
  });
}

type Recovering = Folding & {
  readonly attestor: Attestor;
  readonly frontier: Frontier;
  readonly tree: StateTree;
  readonly nextOperationId: () => string;
};

async function recoverTail(from: Recovering): Promise<OpenLog> {
  const { store, attestor, tree } = from;
  const first = BigInt(from.frontier.size);
  const tail = await store.entries(first, await store.size());
  const recovered = await attestor.recover(tail.map((entry) => entry.text));
  const voided = new Set(recovered.voided.map((each) => each.seq));
  const parsed = parseAll(tail);
  const counting = parsed.filter(
    ({ entry }) => entry.operation !== COMMIT_OPERATION && !voided.has(entry.seq),
  );
  const changes = await fold(
    from,
    counting.map(({ entry }) => entry),
  );
  const closing = closeCommit({
    prepared: { changes, next: recovered.next },
    tree,
    operationId: from.nextOperationId(),
    first: String(first),
    recovered: true,
    voided: recovered.voided,
  });
  const { text, leaf } = valueOrHalt(closing);
  const { frontier, nodes } = from.frontier.extend([...parsed.map((each) => each.leaf), leaf]);
  const rows = rowsOf([...tail.map((entry) => entry.text), text], nodes).slice(-1);
  await store.append({ firstSeq: BigInt(recovered.next.seq), entries: rows, payloads: {} });
  const seal = await attestor.seal(recovered.batch, text);
  await store.publish?.(seal);
  const references = parsed.flatMap(({ entry }) => referencesTo(entry, voided.has(entry.seq)));
  await store.applySealed({ changes, watermark: frontier.serialise(), references });
  return { frontier, tree, seal, recovered: true };
}

function referencesOfCommit({ items, range }: CutCommit<SealedText>): Reference[] {
  const voided = new Set(range.summary.voided.map((each) => each.seq));
  return items.flatMap(({ entry }) => referencesTo(entry, voided.has(entry.seq)));
}

/**
 * Every reference an entry can be looked up by. What was voided never stood: its id is free, so
 * that whoever asked may ask again.
 */
export function referencesTo(entry: LogEntry, isVoid = false): Reference[] {
  const seq = Number(entry.seq);
  const id = isVoid ? [] : [entry.operation_id];
  return [...id, ...referencesOf(entry)].map((reference) => ({ reference, seq }));
}

export function newOperationId(): string {
  // Chance for many UUIDs is at hand, while ten bytes are fetched from the system each time. Their
  // first and last groups are chance throughout: version and variant stand in between.
  const uuid = randomUUID();
  return operationIdWith(Date.now(), uuid.slice(0, 8) + uuid.slice(24));
}
