import type { Connection, PostgresOptions } from './postgres-connection.ts';
import { schemaOf } from './postgres-schema.ts';

/** Hints come together: so long after one the next is given, at most. */
const BETWEEN_MS = 5;

/** By which a store says that something may be new in it. */
export function hintChannel(options: PostgresOptions): string {
  return `${schemaOf(options)}_sealed`;
}

/**
 * Wakes up whoever follows a store. A hint is never truth, and says nothing: one that is lost costs
 * a moment. It goes over a session that nobody waits for, in a transaction of its own, since
 * PostgreSQL has transactions with notices commit one after the other.
 */
export class Hints {
  readonly #connection: Connection;
  readonly #sql: string;
  #isGiving = false;
  #isWanted = false;

  constructor(connection: Connection, options: PostgresOptions) {
    this.#connection = connection;
    this.#sql = `SELECT pg_notify('${hintChannel(options)}', '')`;
  }

  /** Returns at once. */
  give(): void {
    this.#isWanted = true;
    if (!this.#isGiving) void this.#giveAll();
  }

  async #giveAll(): Promise<void> {
    this.#isGiving = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      // A session that broke is told to whoever writes.
      await this.#connection.rows(this.#sql).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS).unref());
    }
    this.#isGiving = false;
  }
}
