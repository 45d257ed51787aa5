import { encodeBase64 } from '@ioi/basis';
import { digestBytes } from '@ioi/canon';
import { COMMIT_OPERATION, commitSummaryOf } from '@ioi/law';
import { Frontier, leafHash } from '@ioi/merkle';
import type { DoctorFinding, LogEntry } from '@ioi/protocol';
import { rowsOf } from '../../core/index.ts';
import { findingOf } from '../../core/inspection/finding.ts';
import type { LogMark } from '../../core/inspection/judge-domain.ts';
import { STORE_FORMAT } from '../sqlite-store.ts';
import { LogFile, type LogRow } from './log-file.ts';
import { type Looked, lookAt } from './look.ts';

/** A log read once, row by row. */
export type ExaminedLog = {
  readonly size: number;
  /** At every size that was asked for, as far as the log is whole. */
  readonly marks: ReadonlyMap<number, LogMark>;
};

export type ExamineLog = {
  /** Holds log.db. */
  readonly folder: string;
  /** Sizes at which something else claims to stand. */
  readonly sizes: readonly number[];
  readonly onProgress: (done: number, of: number) => void;
};

const RUN_ENTRIES = 4_096;
/** Places named in a finding; how many there are beyond is said. */
const NAMED = 5;

/** Every text against its hashes, every place, every payload: what the file alone can tell. */
export function examineLog({ folder, sizes, onProgress }: ExamineLog): Looked<ExaminedLog> {
  const path = `${folder}/log.db`;
  const about = {
    path,
    format: STORE_FORMAT,
    missing: 'file.missing',
    unreadable: 'file.unreadable',
  } as const;
  return lookAt<ExaminedLog>(about, (file) => {
    const log = new LogFile(file);
    const size = log.size();
    const reading = new LogReading(path, new Set([...sizes, size]));
    for (let from = 0; from < size; from += RUN_ENTRIES) {
      reading.take(log.rows(from, Math.min(from + RUN_ENTRIES, size)));
      onProgress(Math.min(from + RUN_ENTRIES, size), size);
    }
    const findings = [...reading.findings(), ...placeOf(log, size, path), ...payloadsOf(log, path)];
    return { value: { size, marks: reading.marks }, findings };
  });
}

class LogReading {
  readonly marks = new Map<number, LogMark>();
  readonly #path: string;
  readonly #sizes: ReadonlySet<number>;
  readonly #gaps: string[] = [];
  readonly #differing: number[] = [];
  #frontier = Frontier.empty;
  #next = 0;

  constructor(path: string, sizes: ReadonlySet<number>) {
    this.#path = path;
    this.#sizes = sizes;
  }

  take(rows: readonly LogRow[]): void {
    for (const { seq } of rows) {
      if (seq !== this.#next) {
        this.#gaps.push(seq - 1 === this.#next ? `${seq - 1}` : `${this.#next} to ${seq - 1}`);
      }
      this.#next = seq + 1;
    }
    if (this.#gaps.length > 0) this.#compareLeaves(rows);
    else this.#compareNodes(rows);
  }

  /** Where places are missing the tree above is unknown; the leaves still tell. */
  #compareLeaves(rows: readonly LogRow[]): void {
    for (const { seq, text, nodes } of rows) {
      if (!isAt(text, seq) || !sameBytes(leafHash(text), nodes.subarray(0, 32))) {
        this.#differing.push(seq);
      }
    }
  }

  #compareNodes(rows: readonly LogRow[]): void {
    let run: LogRow[] = [];
    for (const row of rows) {
      run.push(row);
      if (!this.#sizes.has(row.seq + 1)) continue;
      this.#extend(run);
      this.#mark(row);
      run = [];
    }
    this.#extend(run);
  }

  #extend(rows: readonly LogRow[]): void {
    const texts = rows.map(({ text }) => text);
    const { frontier, nodes } = this.#frontier.extend(texts.map((text) => leafHash(text)));
    this.#frontier = frontier;
    rowsOf(texts, nodes).forEach((wanted, at) => {
      const { seq, text, nodes: found } = rows[at] as LogRow;
      if (!isAt(text, seq) || !sameBytes(wanted.nodes, found)) this.#differing.push(seq);
    });
  }

  #mark({ text }: LogRow): void {
    const { size } = this.#frontier;
    this.marks.set(size, {
      root: encodeBase64(this.#frontier.root()),
      stateRoot: stateRootIn(text),
    });
  }

  findings(): DoctorFinding[] {
    const gaps = this.#gaps.length === 0 ? [] : [gapFinding(this.#path, this.#gaps)];
    if (this.#differing.length === 0) return gaps;
    const message = `entries ${named(this.#differing.map(String))}`;
    return [...gaps, findingOf('log.entry_differs', this.#path, message)];
  }
}

function gapFinding(path: string, gaps: readonly string[]): DoctorFinding {
  return findingOf('log.gap', path, `missing: ${named(gaps)}`);
}

function named(places: readonly string[]): string {
  const more = places.length > NAMED ? ` and ${places.length - NAMED} more` : '';
  return `${places.slice(0, NAMED).join(', ')}${more}`;
}

/** The place is the last member of the canonical text. */
function isAt(text: string, seq: number): boolean {
  return text.endsWith(`"seq":"${seq}"}`);
}

function stateRootIn(text: string): string | undefined {
  if (!text.includes(`"operation":"${COMMIT_OPERATION}"`)) return undefined;
  try {
    return commitSummaryOf(JSON.parse(text) as LogEntry)?.state_root;
  } catch {
    return undefined;
  }
}

/** What the writer noted when it appended last. */
function placeOf(log: LogFile, size: number, path: string): DoctorFinding[] {
  const noted = log.notedSize();
  if (noted === undefined || noted === size) return [];
  const message = `the writer ended at ${noted} entries, the log has ${size}`;
  return [findingOf('log.place_differs', path, message)];
}

function payloadsOf(log: LogFile, path: string): DoctorFinding[] {
  const wrong: string[] = [];
  for (const digest of log.payloadDigests()) {
    if (digestBytes(log.payload(digest)) !== digest) wrong.push(digest);
  }
  return wrong.length === 0 ? [] : [findingOf('log.payload_differs', path, named(wrong))];
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
