import { rowsOf } from '@ioi/agentgres';
import type { ArtifactStore, NewArtifact, SqliteStore } from '@ioi/agentgres/shell';
import type { Result } from '@ioi/basis';
import { effective, HeadFolding, type SealStore } from '@ioi/guardian/shell';
import {
  CommitCutter,
  type CutCommit,
  type ExportHeader,
  type ExportPayload,
  type HeadMap,
  type NodeHead,
  nodeModules,
  parseEntry,
  readExport,
  type SealedText,
} from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import { chunksOf } from './chunks.ts';
import { decidedOn } from './contents.ts';
import { Refused } from './refused.ts';

/** Entries in one write to the log. */
const APPENDED = 2048;

/** The stores of a node that goes on from a backup; log and seals empty. */
export type FreshStores = {
  readonly log: SqliteStore;
  readonly seals: SealStore;
  /** May hold contents already. */
  readonly contents: ArtifactStore;
};

/** A backup as its guardian sealed it, and the node's heads at its end. */
export type Folded = {
  readonly note: string;
  readonly size: number;
  readonly node: NodeHead;
  readonly heads: HeadMap;
};

type Tell = (done: number, of: number) => void;

/**
 * Writes the log of an export that was verified, and what a guardian keeps of it: the heads its
 * entries fold to, the payloads it decides by, the seal. Contents that were decided on are kept
 * again. Holds the heads, the payloads, one write and a few commits.
 */
export function foldBackup(path: string, stores: FreshStores, tell: Tell): Folded {
  const folding = new Folding(stores, tell);
  for (const part of readExport(chunksOf(path))) {
    if (part.kind === 'header') folding.begin(part.value);
    else if (part.kind === 'payload') folding.keep(part.value);
    else if (part.kind === 'entry') folding.take(part.value);
    else throw changed(part.value.message);
  }
  return folding.finish();
}

class Folding {
  readonly #stores: FreshStores;
  readonly #tell: Tell;
  readonly #folding: HeadFolding;
  readonly #cutter = new CommitCutter<SealedText>();
  readonly #payloads = new Map<string, string>();
  #header: ExportHeader = { note: '', payloads: 0, entries: 0 };
  #frontier = Frontier.empty;
  #unwritten: SealedText[] = [];
  readonly #unwrittenPayloads = new Map<string, string>();
  readonly #unwrittenContents = new Map<string, NewArtifact>();
  #last: SealedText | undefined;

  constructor(stores: FreshStores, tell: Tell) {
    this.#stores = stores;
    this.#tell = tell;
    this.#folding = new HeadFolding(stores.seals, nodeModules(), changed);
    stores.log.claim();
  }

  begin(header: ExportHeader): void {
    this.#header = header;
  }

  keep(payload: ExportPayload): void {
    if ('text' in payload) this.#payloads.set(payload.digest, payload.text);
  }

  take(bytes: Uint8Array): void {
    const entry = given(parseEntry(bytes));
    this.#unwritten.push(entry);
    this.#last = entry;
    for (const commit of given(this.#cutter.take(entry))) this.#fold(commit);
    if (this.#unwritten.length >= APPENDED) this.#write();
  }

  /** The log has the root that was signed, and the guardian's store the seal over it. */
  finish(): Folded {
    for (const commit of given(this.#cutter.finish())) this.#fold(commit);
    this.#write();
    const { note } = this.#header;
    const { node, heads } = this.#folding.finish(note, this.#frontier, this.#last);
    return { note, size: this.#frontier.size, node, heads };
  }

  #fold(commit: CutCommit<SealedText>): void {
    const entries = effective(commit);
    for (const entry of entries) {
      if (entry.operation !== DECIDE) continue;
      for (const each of decidedOn(entry, this.#payloads)) {
        this.#unwrittenContents.set(each.digest, each);
      }
    }
    for (const digest of this.#folding.needed(entries)) {
      const text = this.#payloads.get(digest);
      if (text !== undefined) this.#unwrittenPayloads.set(digest, text);
    }
    this.#folding.take(entries, (digest) => this.#payloads.get(digest));
  }

  #write(): void {
    const payloads = Object.fromEntries(this.#unwrittenPayloads);
    this.#unwrittenPayloads.clear();
    const entries = this.#unwritten.splice(0);
    const firstSeq = BigInt(this.#frontier.size);
    const { frontier, nodes } = this.#frontier.extend(entries.map(({ leaf }) => leaf));
    const rows = rowsOf(
      entries.map(({ text }) => text),
      nodes,
    );
    this.#stores.log.append({ firstSeq, entries: rows, payloads });
    this.#frontier = frontier;
    const { contents } = this.#stores;
    const missing = [...this.#unwrittenContents.values()].filter(({ digest }) => {
      return contents.artifact(digest) === undefined;
    });
    contents.put(missing);
    contents.write();
    this.#unwrittenContents.clear();
    this.#tell(this.#frontier.size, this.#header.entries);
  }
}

const DECIDE = 'boundary/action.decide';

function given<T>(result: Result<T, { readonly message: string }>): T {
  if (!result.ok) throw changed(result.error.message);
  return result.value;
}

/** What was verified a moment ago would not be refused now. */
function changed(message: string): Refused {
  return new Refused('backup.changed', `the backup is not what was verified: ${message}`);
}
