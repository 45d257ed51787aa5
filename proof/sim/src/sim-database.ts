import type { OpenDatabase, Row } from '@ioi/sqlite';
import type { DiskFaults } from './disk-faults.ts';
import type { Medium, Statement, Value } from './medium.ts';
import type { SimProcess } from './sim-process.ts';

export type Opening = {
  readonly medium: Medium;
  readonly process: SimProcess;
  readonly faults: DiskFaults;
  /** A committed transaction is on the disk. */
  readonly isSynced: boolean;
  readonly sql?: (sql: string) => string;
};

/** One process' connection to a database file on a simulated disk. */
export class SimDatabase implements OpenDatabase {
  readonly #opening: Opening;
  #written: Statement[] | undefined;
  #isOpen = true;

  constructor(opening: Opening) {
    this.#opening = opening;
    opening.medium.connect();
    opening.process.onEnd(() => this.close());
  }

  one(sql: string, ...values: Value[]): Row | undefined {
    return this.all(sql, ...values)[0];
  }

  all(told: string, ...values: Value[]): Row[] {
    const { medium, process, faults } = this.#opening;
    const sql = this.#opening.sql?.(told) ?? told;
    faults.read(process, medium.path);
    if (!sql.startsWith('SELECT')) this.#written?.push({ sql, values });
    return medium.query(sql, values);
  }

  iterate(sql: string, ...values: Value[]): IterableIterator<Row> {
    return this.all(sql, ...values).values();
  }

  run(sql: string, ...values: Value[]): void {
    if (this.#written) this.all(sql, ...values);
    else this.transaction(() => void this.all(sql, ...values));
  }

  transaction(work: () => void): void {
    const { medium, process, faults, isSynced } = this.#opening;
    process.mustLive();
    const written: Statement[] = [];
    this.#written = written;
    medium.begin();
    let isCommitting = false;
    try {
      work();
      isCommitting = true;
      medium.commit(written, faults.write(process, medium.path), isSynced);
    } finally {
      this.#written = undefined;
      if (!isCommitting) medium.rollback();
    }
  }

  close(): void {
    if (this.#isOpen) this.#opening.medium.disconnect();
    this.#isOpen = false;
  }
}
