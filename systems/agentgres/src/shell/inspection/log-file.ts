import { join } from 'node:path';
import { COMMIT_OPERATION } from '@ioi/law';
import { InspectedFile } from '@ioi/sqlite';
import { LogFault } from '../log-faults.ts';

/** A row of the log as it stands on disk, believed in nothing. */
export type LogRow = { readonly seq: number; readonly text: string; readonly nodes: Uint8Array };

/** log.db, looked at by whoever is not its writer. */
export class LogFile {
  readonly #file: InspectedFile;

  constructor(file: InspectedFile) {
    this.#file = file;
  }

  /** One more than the last place; rows below may be missing. */
  size(): number {
    const last = this.#file.one('SELECT max(seq) AS last FROM entries')?.['last'];
    return typeof last === 'number' ? last + 1 : 0;
  }

  /** Where the writer ended its last append. */
  notedSize(): number | undefined {
    return this.#file.one('SELECT size FROM writer')?.['size'] as number | undefined;
  }

  /** Every text from one place to before another; throws `log.damaged` when one is missing. */
  texts(from: number, to: number): string[] {
    const sql = 'SELECT text FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq';
    const texts = this.#file.lists(sql, from, to).map(([text]) => text as string);
    if (texts.length === to - from) return texts;
    throw new LogFault('log.damaged', `entries are missing between ${from} and ${to - 1}`);
  }

  /** Texts that may be of an operation, found without parsing any: the whole log is read. */
  textsOf(operation: string): string[] {
    const sql = 'SELECT text FROM entries WHERE instr(text, ?) > 0 ORDER BY seq';
    return this.#file.lists(sql, `"operation":"${operation}"`).map(([text]) => text as string);
  }

  /** The size of the log after the first commit that ends at or after a place. */
  commitAfter(seq: number): number | undefined {
    const sql =
      'SELECT seq FROM entries WHERE seq >= ? AND instr(text, ?) > 0 ORDER BY seq LIMIT 1';
    const [row] = this.#file.lists(sql, seq, `"operation":"${COMMIT_OPERATION}"`);
    return row === undefined ? undefined : (row[0] as number) + 1;
  }

  /** The rows that are there, in order. */
  rows(from: number, to: number): LogRow[] {
    const sql = 'SELECT seq, text, nodes FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq';
    return this.#file.lists(sql, from, to).map(([seq, text, nodes]) => {
      return { seq: seq as number, text: text as string, nodes: nodes as Uint8Array };
    });
  }

  payloadDigests(): string[] {
    return this.#file.lists('SELECT digest FROM payloads').map(([digest]) => digest as string);
  }

  payload(digest: string): string {
    const row = this.#file.one('SELECT text FROM payloads WHERE digest = ?', digest);
    return String(row?.['text']);
  }

  close(): void {
    this.#file.close();
  }
}

/** The log of a folder; throws when there is none. */
export function openLogFile(folder: string): LogFile {
  return new LogFile(new InspectedFile(join(folder, 'log.db')));
}
