import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommitReader, LogFault, rootText, SealedLogFile } from '@ioi/agentgres/shell';
import { domainNameOf } from '@ioi/law';
import { Frontier } from '@ioi/merkle';
import {
  type BridgeTable,
  declaredSql,
  droppedSql,
  identityOf,
  type Kept,
  keepSql,
  NODE_SCHEMA,
  planRows,
  schemaName,
  tableSql,
  tablesOf,
  watermarkSql,
} from '../core/index.ts';
import type { BridgeStore } from './bridge-store.ts';
import type { SealedDomain } from './node-source.ts';

type Followed = {
  readonly domainId: string;
  readonly schema: string;
  readonly tables: readonly BridgeTable[];
  readonly log: SealedLogFile;
  readonly reader: CommitReader;
  readonly identity: string;
  /** Begun where an earlier bridge ended: what it was may be another log. */
  readonly isResumed: boolean;
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

/** The tables of one store, kept at what is sealed. Lives as long as that is open. */
export class Tables {
  readonly #store: BridgeStore;
  /** The node's data folder. */
  readonly #folder: string;
  readonly #followed = new Map<string, Followed>();
  /** By domain: what is in the store and nobody began with yet. */
  readonly #kept: Map<string, Kept>;

  constructor(store: BridgeStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
    this.#kept = new Map(store.kept?.map((each) => [each.domainId, each]));
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
      if (followed.isResumed) return await this.#again(followed);
      const message = `the first ${mark.size} entries are not those that were sealed`;
      throw new LogFault('log.differs_from_seal', message);
    }
    const plan = planRows(
      followed.tables,
      commits.flatMap(({ entries }) => entries),
    );
    followed.leftOut += plan.leftOut;
    const { domainId, schema, identity, leftOut } = followed;
    const { chainTime, stateRoot, frontier } = mark;
    const about = { schema, seq: mark.size - 1, logRoot: root, stateRoot, chainTime, leftOut };
    const statements = [...plan.sql, watermarkSql(about)];
    const kept = { domainId, schema, identity, frontier, leftOut };
    if (this.#store.kept !== undefined) statements.push(keepSql(kept));
    await this.#store.write(statements);
    followed.size = mark.size;
  }

  close(): void {
    for (const { log } of this.#followed.values()) log.close();
    this.#followed.clear();
  }

  async #begin(sealed: SealedDomain, all: readonly SealedDomain[]): Promise<Followed> {
    const { domainId } = sealed;
    const isNode = all[0]?.domainId === domainId;
    const name = domainNameOf(domainId);
    const folder = isNode ? this.#folder : join(this.#folder, 'domains', name);
    const kept = this.#kept.get(domainId);
    this.#kept.delete(domainId);
    const others = [...this.#followed.values(), ...this.#kept.values()];
    const taken = new Set(others.map(({ schema }) => schema));
    const schema = isNode ? NODE_SCHEMA : schemaName(name, taken);
    const tables = tablesOf(schema, definitionsIn(join(folder, 'projections', 'definitions')));
    const identity = identityOf(tables);
    const resumed = kept?.identity === identity && isOf(kept, sealed) ? kept : undefined;
    if (resumed === undefined) {
      const before = [...others, ...(kept ? [kept] : [])].find((each) => each.schema === schema);
      await this.#make({ domainId, schema, tables }, [kept, before]);
    }
    const log = new SealedLogFile(folder);
    const types = tables.flatMap(({ table }) => [...table.rules.keys()]);
    const frontier = resumed?.frontier ?? Frontier.empty;
    const reader = new CommitReader(log, frontier, new Set(types));
    const followed = {
      ...{ domainId, schema, identity, tables, log, reader },
      isResumed: resumed !== undefined,
      size: frontier.size,
      leftOut: resumed?.leftOut ?? 0,
    };
    this.#followed.set(domainId, followed);
    return followed;
  }

  /** In the place of what an earlier bridge made for the domain, or for another node's. */
  async #make(
    { domainId, schema, tables }: Pick<Followed, 'domainId' | 'schema' | 'tables'>,
    before: readonly (Kept | Followed | undefined)[],
  ): Promise<void> {
    const { reader } = this.#store;
    await this.#store.write([
      ...before.flatMap((each) => (each === undefined ? [] : droppedSql(each))),
      `CREATE SCHEMA "${schema}"`,
      ...tables.flatMap(tableSql),
      `GRANT USAGE ON SCHEMA "${schema}" TO ${reader}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO ${reader}`,
      ...declaredSql(domainId, schema, tables),
    ]);
  }

  /** What was resumed is no beginning of this log: from its first entry. */
  async #again({ domainId, schema, log }: Followed): Promise<void> {
    log.close();
    await this.#store.write(droppedSql({ domainId, schema }));
    this.#followed.delete(domainId);
  }
}

/** Whether rows that were kept can be of this log: a later part is checked when it is read. */
function isOf({ frontier }: Kept, { size, root }: SealedDomain): boolean {
  return frontier.size < size || (frontier.size === size && rootText(frontier) === root);
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
