import {
  changedRow,
  foldProjection,
  keyText,
  objectOf,
  type RecordedRead,
  type Row,
  type Table,
  tableOf,
  watermarkText,
} from '@ioi/agentgres';
import { CommitReader, type FoldedCommit, rootText, SqliteStore } from '@ioi/agentgres/shell';
import { domainNameOf } from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import type { ConsistencyLevel, ProjectionDefinition } from '@ioi/protocol';
import { IoFault } from './disk-faults.ts';
import { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** The latest text of every note and balance of every account. */
const OBJECTS: ProjectionDefinition = {
  projection: 'projection://*/objects',
  version: '1.0.0',
  summary: 'Every object as it stands.',
  kind: 'relational',
  columns: [
    { name: 'object_class', type: 'text' },
    { name: 'id', type: 'text' },
    { name: 'value', type: 'json' },
    { name: 'changed_seq', type: 'integer' },
  ],
  key: ['object_class', 'id'],
  rules: [
    {
      on: 'object.put',
      key: ['/event/object_class', '/event/id'],
      set: { value: '/event/value', changed_seq: '/entry/seq' },
    },
    { on: 'object.deleted', key: ['/event/object_class', '/event/id'], delete: true },
  ],
};

/** Entries folded in one step. */
const STEP = 16;

/**
 * A reader beside the writer, in a process of its own: folds the sealed log, commit by commit, as
 * it hears of it, and answers from what it folded.
 */
export class ProjectionReader {
  readonly #world: World;
  readonly #domain: string;
  readonly #table: Table;
  /** It reads nothing for a while. */
  isAway = false;
  readonly #rows = new Map<string, Row>();
  #last: FoldedCommit['mark'] | undefined;
  #sealed = 0;
  #open: { readonly process: SimProcess; readonly reader: CommitReader } | undefined;

  constructor(world: World, domain: string) {
    this.#world = world;
    this.#domain = domain;
    const table = tableOf(OBJECTS);
    if (!table.ok) throw new Error(table.error.message);
    this.#table = table.value;
  }

  /** The log is sealed up to here; may come late and out of order. */
  told(size: number): void {
    this.#sealed = Math.max(this.#sealed, size);
    this.#fold();
  }

  /** The machine went down; what was folded is kept, as its watermark is. */
  disconnect(): void {
    this.#open?.process.end();
    this.#open = undefined;
  }

  /** What it answers now; undefined when it stands before what the level asks for. */
  read(consistency: ConsistencyLevel, committedAtArrival: number): RecordedRead | undefined {
    this.#fold();
    const mark = this.#last;
    const wanted = consistency === 'linearized_domain' ? committedAtArrival : 1;
    if (mark === undefined || mark.size < wanted) return undefined;
    const { columns, hash } = this.#table;
    const names = [...this.#rows.keys()].sort();
    const rows = names.map((name) => objectOf(this.#rows.get(name) as Row, columns));
    const answer = {
      domain_id: this.#domain,
      projection: OBJECTS.projection,
      definition_hash: hash,
      consistency,
      rows,
      resume: '',
      watermark: watermarkText(mark.size - 1),
      log_root: rootText(mark.frontier),
      state_root: mark.stateRoot,
      chain_time: mark.chainTime,
    };
    const request = { projection: OBJECTS.projection, consistency, limit: 1000 };
    return { definition: OBJECTS, request, answer, committedAtArrival };
  }

  #fold(): void {
    if (this.isAway) return;
    try {
      while ((this.#last?.size ?? 0) < this.#sealed) {
        const commits = this.#reader().read(STEP, this.#sealed);
        for (const commit of commits) this.#take(commit);
      }
    } catch (fault) {
      this.disconnect();
      if (!(fault instanceof IoFault)) this.#world.fault('a reader', fault);
    }
  }

  #take({ mark, entries }: FoldedCommit): void {
    for (const change of entries.flatMap((entry) => foldProjection(this.#table, entry))) {
      const name = keyText(change.key);
      const row = changedRow(this.#rows.get(name), change, this.#table);
      if (row === undefined) this.#rows.delete(name);
      else this.#rows.set(name, row);
    }
    this.#last = mark;
  }

  #reader(): CommitReader {
    if (this.#open) return this.#open.reader;
    const process = new SimProcess(`reader of ${this.#domain}`);
    const files = this.#world.writerDisk.files(process);
    const log = new SqliteStore(domainNameOf(this.#domain), { readOnly: true, files });
    const from = this.#last?.frontier ?? Frontier.empty;
    const sealedLog = {
      read: (first: number, end: number) =>
        log.entries(BigInt(first), BigInt(end)).map(({ text }) => text),
    };
    const reader = new CommitReader(sealedLog, from, this.#table.rules.keys());
    this.#open = { process, reader };
    return reader;
  }
}
