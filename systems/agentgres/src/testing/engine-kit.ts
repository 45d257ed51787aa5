import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commitRanges, effectiveEntries } from '@ioi/law';
import type { LogEntry, ProjectionDefinition } from '@ioi/protocol';
import { type Cell, queryOf, referenceRows, tableOf } from '../core/index.ts';
import {
  type Attendance,
  type Progress,
  ProjectionEngine,
  type ProjectionNews,
} from '../shell/projection/engine.ts';
import type { MemoryLog } from './memory-log.ts';

/** Effective entries of the first `size` of a log. */
function effectiveIn(log: MemoryLog, size: number): LogEntry[] {
  const entries = log.texts.slice(0, size).map((text) => JSON.parse(text) as LogEntry);
  const ranges = commitRanges(entries);
  if (!ranges.ok) throw new Error(ranges.error.message);
  return ranges.value.flatMap((range) => effectiveEntries(entries, range));
}

/** An engine over a log in memory, in a folder of its own. */
export class EngineKit {
  readonly folder = mkdtempSync(join(tmpdir(), 'ioi-projections-'));
  readonly news: ProjectionNews[] = [];
  readonly progress: Progress[] = [];
  readonly said: { message: string; reason?: string }[] = [];

  open(log: MemoryLog, folder = this.folder): ProjectionEngine {
    return new ProjectionEngine({
      folder,
      domain: 'agentgres://domain/test',
      log,
      say: (message, about) => void this.said.push({ message, ...about }),
      onNews: (news) => void this.news.push(news),
      onProgress: (progress) => void this.progress.push(progress),
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function catchUp(
  engine: ProjectionEngine,
  log: MemoryLog,
  size = log.texts.length,
  attendance: Attendance = 'watched',
): void {
  engine.sealed(log.sealed(size), attendance);
  while (engine.step());
}

/** All rows an engine serves, by name. */
export function rowsOf(
  engine: ProjectionEngine,
  definition: ProjectionDefinition,
): Record<string, Cell>[] {
  const file = engine.get(definition.projection)?.serving;
  if (file === undefined) throw new Error(`${definition.projection} does not serve`);
  const query = queryOf({ limit: 1000 }, file.table);
  if (!query.ok) throw new Error(query.error.message);
  const names = file.table.columns.map(({ name }) => name);
  const rows = file.select({ ...query.value, limit: 1_000_000 });
  return rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])));
}

/** What replay says the rows are, with columns in the table's order. */
export function rowsByReplay(
  definition: ProjectionDefinition,
  log: MemoryLog,
  size = log.texts.length,
): Record<string, Cell>[] {
  const table = tableOf(definition);
  if (!table.ok) throw new Error(table.error.message);
  return referenceRows(definition, effectiveIn(log, size));
}
