import { randomBytes } from 'node:crypto';
import { encodeUtf8 } from '@ioi/basis';
import {
  applyToTree,
  commitRanges,
  commitSummaryOf,
  effectiveEntries,
  foldEntry,
  HeadOverlay,
  type Modules,
  parseEntry,
  referencesOf,
  rootDigest,
  type SealedBytes,
} from '@ioi/law';
import { Frontier, StateTree } from '@ioi/merkle';
import { fastestPairHasher } from '@ioi/merkle/shell';
import type { LogEntry } from '@ioi/protocol';
import {
  type Attestor,
  closeCommit,
  type LogStore,
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

/**
 * Opens a log against its attestor: a store behind its seal, or one that differs from it, halts
 * the domain; heads that lag are folded; an unsealed tail is closed by a recovery commit that
 * voids what the attestor does not admit (decision record 0006).
 */
export async function openLog(
  store: LogStore,
  attestor: Attestor,
  modules: Modules,
): Promise<OpenLog> {
  const seal = await attestor.sealed();
  const sealed = Number(seal?.size ?? 0);
  const size = Number(store.size());
  if (size < sealed) {
    const gap = `entries ${size} to ${sealed - 1} are missing`;
    const message = `the log has ${size} entries, its seal covers ${sealed}: ${gap}`;
    throw new LogFault('log.behind_seal', message);
  }
  if (store.watermark().size > sealed) {
    const known = store.watermark().size;
    const message = `the guardian seals ${sealed} entries, ${known} were sealed before`;
    throw new LogFault('log.seal_rolled_back', message);
  }
  const frontier = catchUp(store, sealed, modules);
  if (seal && Buffer.from(frontier.root()).toString('base64') !== seal.root) {
    throw new LogFault('log.differs_from_seal', `the first ${sealed} entries are not those sealed`);
  }
  const tree = checkedTree(store, sealed, modules);
  if (size === sealed) return { frontier, tree, seal, recovered: false };
  return recoverTail({ store, attestor, modules, frontier, tree });
}

/** The state tree of the heads; folded again from the log when it is not the sealed one. */
function checkedTree(store: LogStore, sealed: number, modules: Modules): StateTree {
  const tree = treeOf(store);
  if (rootDigest(tree) === sealedRoot(store, sealed)) return tree;
  store.resetHeads();
  catchUp(store, sealed, modules);
  const again = treeOf(store);
  if (rootDigest(again) === sealedRoot(store, sealed)) return again;
  throw new LogFault('log.damaged', 'the log does not fold to the state that was sealed');
}

function treeOf(store: LogStore): StateTree {
  const tree = new StateTree(fastestPairHasher());
  applyToTree(tree, [...store.heads()]);
  return tree;
}

/** Of the commit entry that closes the sealed part; an empty tree's when there is none. */
function sealedRoot(store: LogStore, sealed: number): string {
  if (sealed === 0) return rootDigest(new StateTree());
  const [last] = parseAll(store.entries(BigInt(sealed - 1), BigInt(sealed)));
  return (last && commitSummaryOf(last.entry)?.state_root) ?? '';
}

/** Folds the sealed entries the heads do not know yet. */
function catchUp(store: LogStore, sealed: number, modules: Modules): Frontier {
  const known = Frontier.restore(store.watermark());
  const usable = known.ok && known.value.size <= sealed;
  if (!usable) store.resetHeads();
  let frontier = usable ? known.value : Frontier.empty;
  const from = BigInt(frontier.size);
  if (BigInt(sealed) > from) {
    // From the texts, not from stored hashes: what is folded is what was sealed.
    const parsed = parseAll(store.entries(from, BigInt(sealed)));
    for (const { leaf } of parsed) frontier = frontier.append(leaf);
    const entries = parsed.map(({ entry }) => entry);
    const ranges = commitRanges(entries);
    if (!ranges.ok) throw new LogFault('log.damaged', ranges.error.message);
    const view = new HeadOverlay(store);
    for (const range of ranges.value) {
      for (const entry of effectiveEntries(entries, range)) foldInto(view, entry, modules);
    }
    const references = entries.flatMap(pointersTo);
    store.applySealed({ changes: view.changes(), watermark: frontier.serialise(), references });
  }
  return frontier;
}

function foldInto(view: HeadOverlay, entry: LogEntry, modules: Modules): void {
  const folded = foldEntry(entry, modules, view);
  if (!folded.ok) throw new LogFault('log.damaged', folded.error.message);
  view.apply(folded.value);
}

function parseAll(stored: readonly StoredEntry[]): SealedBytes[] {
  return stored.map(({ seq, text }) => {
    const parsed = parseEntry(encodeUtf8(text));
    if (!parsed.ok) throw new LogFault('log.damaged', `entry ${seq}: ${parsed.error.message}`);
    return parsed.value;
  });
}

type Recovering = {
  readonly store: LogStore;
  readonly attestor: Attestor;
  readonly modules: Modules;
  readonly frontier: Frontier;
  readonly tree: StateTree;
};

async function recoverTail(from: Recovering): Promise<OpenLog> {
  const { store, attestor, modules, tree } = from;
  const first = BigInt(from.frontier.size);
  const tail = store.entries(first, store.size());
  const recovered = await attestor.recover(tail.map((entry) => entry.text));
  const voided = new Set(recovered.voided.map((each) => each.seq));
  const view = new HeadOverlay(store);
  for (const { entry } of parseAll(tail)) {
    const counts = entry.operation !== 'domain/commit' && !voided.has(entry.seq);
    if (counts) foldInto(view, entry, modules);
  }
  const operationId = newOperationId();
  const closing = closeCommit({ prepared: recovered, tree, operationId }, view.changes(), {
    first: String(first),
    recovered: true,
    voided: recovered.voided,
  });
  if (!closing.ok) throw new LogFault('log.damaged', closing.error.message);
  const { bytes, leaf } = closing.value;
  const text = Buffer.from(bytes).toString('utf8');
  store.append({
    firstSeq: BigInt(recovered.next.seq),
    entries: [{ text, leaf }],
    payloads: {},
  });
  const seal = await attestor.seal(recovered.batch, text);
  let { frontier } = from;
  for (const each of store.leaves(first, store.size())) frontier = frontier.append(each);
  const references = parseAll(tail).flatMap(({ entry }) => pointersTo(entry));
  store.applySealed({ changes: view.changes(), watermark: frontier.serialise(), references });
  return { frontier, tree, seal, recovered: true };
}

/** Every reference an entry can be looked up by. */
export function pointersTo(entry: LogEntry): { reference: string; seq: string }[] {
  const references = [entry.operation_id, ...referencesOf(entry)];
  return references.map((reference) => ({ reference, seq: entry.seq }));
}

export function newOperationId(): string {
  return `op_${randomBytes(16).toString('hex')}`;
}
