import type { ConsistencyLevel, HeadKey, ReadPrecondition } from '@ioi/protocol';
import type { Row } from './cells.ts';
import type { Query } from './query.ts';
import type { Table } from './table.ts';

/** What is known about a read when its level is checked. Sizes count entries. */
export type ReadFacts = {
  /** Of the log the rows reflect. */
  readonly size: number;
  /** The writer's committed size when the read arrived. */
  readonly committedAtArrival: number;
  /** Size the client named, 0 when it named none. */
  readonly wanted: number;
  /** Size of the first read of the same snapshot. */
  readonly pinnedAt?: number;
  readonly isProved: boolean;
  readonly hasPreconditions: boolean;
};

export type LevelDefinition = {
  /** The smallest size the rows may reflect; 0 when any will do. */
  readonly atLeast: (facts: Pick<ReadFacts, 'committedAtArrival' | 'wanted'>) => number;
  /** What holds of every read of this level: checkable by whoever has the log. */
  readonly holds: (facts: ReadFacts) => boolean;
};

/** Any watermark will do, and is returned: for screens and search. */
const cached: LevelDefinition = { atLeast: () => 0, holds: ({ size }) => size > 0 };

/** The rows reflect the watermark the client named, or more; waiting for it has an end. */
const projection: LevelDefinition = {
  atLeast: ({ wanted }) => wanted,
  holds: ({ size, wanted }) => size >= wanted && size > 0,
};

/** All reads under one handle reflect one watermark. */
const snapshot: LevelDefinition = {
  atLeast: ({ wanted }) => wanted,
  holds: ({ size, pinnedAt, wanted }) => size >= wanted && (pinnedAt ?? size) === size,
};

/** The rows are of one commit, whose entry and state root are proved with them. */
const stateRoot: LevelDefinition = {
  atLeast: ({ wanted }) => wanted,
  holds: ({ size, wanted, isProved }) => size >= wanted && isProved,
};

/** The rows reflect everything that was committed, and so answered, when the read arrived. */
const linearized: LevelDefinition = {
  atLeast: ({ committedAtArrival, wanted }) => Math.max(committedAtArrival, wanted),
  holds: ({ size, committedAtArrival }) => size >= committedAtArrival,
};

/**
 * Linearized, and what was read is returned as preconditions: an operation that carries them is
 * admitted only while none of it moved, as if read and write were one moment.
 */
const serializable: LevelDefinition = {
  atLeast: linearized.atLeast,
  holds: (facts) => linearized.holds(facts) && facts.hasPreconditions,
};

/** Whitepaper 3.5, each as something that can be checked. */
export const levels: Readonly<Record<ConsistencyLevel, LevelDefinition>> = {
  cached_projection: cached,
  projection_consistent: projection,
  snapshot_consistent: snapshot,
  state_root_consistent: stateRoot,
  linearized_domain: linearized,
  serializable_domain: serializable,
};

export function isLevel(text: unknown): text is ConsistencyLevel {
  return typeof text === 'string' && Object.hasOwn(levels, text);
}

/**
 * What a query read, as preconditions: one object where it names the id, the whole class where it
 * does not. Undefined when the definition does not say which heads its rows stand for.
 */
export function preconditionsOf(
  table: Table,
  query: Query,
  seq: number,
): ReadPrecondition[] | undefined {
  const { heads } = table.definition;
  return heads?.map(({ head_class, id }) => {
    const at = table.columns.findIndex(({ name }) => name === id);
    const named = query.where.find((test) => test.at === at && test.is === '=')?.cell;
    // Only what is named in the query: other rows may come to match it.
    const one = typeof named === 'string' ? { id: named } : {};
    return { head_class, ...one, since: String(seq) };
  });
}

/** The heads that rows stand for; none where the definition names no id. */
export function headsOf(table: Table, rows: readonly Row[]): HeadKey[] {
  return (table.definition.heads ?? []).flatMap(({ head_class: headClass, id: name }) => {
    const at = table.columns.findIndex((column) => column.name === name);
    return rows.flatMap((row) => {
      const id = row[at];
      return typeof id === 'string' ? [{ headClass, id }] : [];
    });
  });
}
