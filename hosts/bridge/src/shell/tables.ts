import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommitReader, LogFault, rootText, SealedLogFile } from '@ioi/agentgres/shell';
import { domainNameOf } from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import {
  type BridgeTable,
  declaredSql,
  NODE_SCHEMA,
  planRows,
  READER,
  schemaName,
  tableSql,
  tablesOf,
  watermarkSql,
} from '../core/index.ts';
import type { Engine } from './engine.ts';
import type { SealedDomain } from './node-source.ts';

type Followed = {
  readonly domainId: string;
  readonly schema: string;
  readonly tables: readonly BridgeTable[];
  readonly log: SealedLogFile;
  readonly reader: CommitReader;
  size: number;
  leftOut: number;
};

/** Which entry the rows of a domain reflect. */
export type Watermark = {
  readonly domainId: string;
  readonly schema: string;
  readonly seq: number;
};

const STEP_ENTRIES = 512;

/** The tables in one engine, kept at what is sealed. Lives as long as the engine. */
export class Tables {
  readonly #engine: Engine;
  /** The node's data folder. */
  readonly #folder: string;
  readonly #followed = new Map<string, Followed>();

  constructor(engine: Engine, folder: string) {
    this.#engine = engine;
    this.#folder = folder;
  }

  get watermarks(): Watermark[] {
    return [...this.#followed.values()].map(({ domainId, schema, size }) => {
      return { domainId, schema, seq: size - 1 };
    });
  }

  /** Whether `step` would do anything. */
  isBehind(sealed: readonly SealedDomain[]): boolean {
    return sealed.some(({ domainId, size }) => (this.#followed.get(domainId)?.size ?? -1) < size);
  }

  /** One bounded part of what is missing; a LogFault where the log is not what was sealed. */
  async step(sealed: readonly SealedDomain[]): Promise<void> {
    const first = sealed.find(({ domainId, size }) => {
      return (this.#followed.get(domainId)?.size ?? -1) < size;
    });
    if (first === undefined) return;
    const followed = this.#followed.get(first.domainId) ?? (await this.#begin(first, sealed));
    const commits = followed.reader.read(STEP_ENTRIES, first.size);
    const mark = commits.at(-1)?.mark;
    if (mark === undefined) return;
    const root = rootText(mark.frontier);
    if (mark.size === first.size && root !== first.root) {
      const message = `the first ${mark.size} entries are not those that were sealed`;
      throw new LogFault('log.differs_from_seal', message);
    }
    const plan = planRows(
      followed.tables,
      commits.flatMap(({ entries }) => entries),
    );
    followed.leftOut += plan.leftOut;
    const { schema, leftOut } = followed;
    const { chainTime, stateRoot } = mark;
    const about = { schema, seq: mark.size - 1, logRoot: root, stateRoot, chainTime, leftOut };
    await this.#engine.write([...plan.sql, watermarkSql(about)]);
    followed.size = mark.size;
  }

  close(): void {
    for (const { log } of this.#followed.values()) log.close();
    this.#followed.clear();
  }

  async #begin({ domainId }: SealedDomain, all: readonly SealedDomain[]): Promise<Followed> {
    const isNode = all[0]?.domainId === domainId;
    const name = domainNameOf(domainId);
    const folder = isNode ? this.#folder : join(this.#folder, 'domains', name);
    const taken = new Set([...this.#followed.values()].map(({ schema }) => schema));
    const schema = isNode ? NODE_SCHEMA : schemaName(name, taken);
    const tables = tablesOf(schema, definitionsIn(join(folder, 'projections', 'definitions')));
    await this.#engine.write([
      `CREATE SCHEMA ${schema}`,
      ...tables.flatMap(tableSql),
      `GRANT USAGE ON SCHEMA ${schema} TO ${READER}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${READER}`,
      ...declaredSql(domainId, schema, tables),
    ]);
    const log = new SealedLogFile(folder);
    const types = tables.flatMap(({ table }) => [...table.rules.keys()]);
    const reader = new CommitReader(log, Frontier.empty, new Set(types));
    const followed = { domainId, schema, tables, log, reader, size: 0, leftOut: 0 };
    this.#followed.set(domainId, followed);
    return followed;
  }
}

/** What does not fit is left out where tables are made of it. */
function definitionsIn(folder: string): unknown[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(folder, name), 'utf8'))];
    } catch {
      return [];
    }
  });
}
