import assert from 'node:assert/strict';
import { copyFileSync, cpSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { richLog } from '@ioi/law/testing';
import type { ProjectionDefinition } from '@ioi/protocol';
import fc from 'fast-check';
import { builtInProjections } from '../../core/index.ts';
import { catchUp, EngineKit, rowsByReplay, rowsOf } from '../../testing/engine-kit.ts';
import { MemoryLog } from '../../testing/memory-log.ts';
import { anyDefinition, anyEntries, definitionOf } from '../../testing/projections.ts';

let kit: EngineKit;
beforeEach(() => {
  kit = new EngineKit();
});
afterEach(() => kit.remove());

const actions = builtInProjections[0] as ProjectionDefinition;
const rich = new MemoryLog().extend(richLog().node.texts);

test('every built-in projection folds a whole log as replay does, commit by commit', () => {
  const engine = kit.open(rich);
  for (const definition of builtInProjections) assert.ok(engine.define(definition).ok);
  for (const size of rich.commitEnds()) {
    catchUp(engine, rich, size);
    for (const definition of builtInProjections) {
      assert.deepEqual(rowsOf(engine, definition), rowsByReplay(definition, rich, size));
    }
  }
  const states = new Set(rowsOf(engine, actions).map((row) => row['state']));
  const all = ['blocked', 'committed', 'completed', 'denied', 'failed_before_effect', 'pending'];
  assert.deepEqual([...states].sort(), all);
  assert.ok(rich.texts.some((text) => text.includes('"voided":[{')));
  engine.close();
});

test('after a start, whoever listened before it can still be told what changed', () => {
  const ends = rich.commitEnds();
  const middle = ends[ends.length >> 1] ?? 0;
  for (const [before, isKept] of [
    ['watched', true],
    ['unwatched', false],
  ] as const) {
    const folder = join(kit.folder, before);
    let engine = kit.open(rich, folder);
    assert.ok(engine.define(actions).ok);
    catchUp(engine, rich, ends[0], before);
    catchUp(engine, rich, middle, before);
    engine.close();
    engine = kit.open(rich, folder);
    assert.ok(engine.define(actions).ok);
    catchUp(engine, rich, rich.texts.length, 'resumable');
    const changes = engine.get(actions.projection)?.serving?.changesAfter(middle);
    assert.equal(changes !== undefined, isKept, before);
    assert.deepEqual(rowsOf(engine, actions), rowsByReplay(actions, rich));
    engine.close();
  }
});

test('what nobody listens to is folded to the same rows, and then told change by change', () => {
  const engine = kit.open(rich);
  assert.ok(engine.define(actions).ok);
  const ends = rich.commitEnds();
  for (const [at, size] of ends.entries()) {
    const isWatched = at === 0 || at > ends.length - 3;
    catchUp(engine, rich, size, isWatched ? 'watched' : 'unwatched');
    assert.deepEqual(rowsOf(engine, actions), rowsByReplay(actions, rich, size));
  }
  const told = kit.news.map(({ deltas }) => deltas !== undefined);
  assert.deepEqual(told, [false, true, true], 'of what was folded meanwhile nothing is said');
  engine.close();
});

test('what is folded at once time and again leaves no more behind than what is told', () => {
  const engine = kit.open(rich);
  assert.ok(engine.define(actions).ok);
  for (const size of rich.commitEnds()) catchUp(engine, rich, size, 'unwatched');
  const file = new DatabaseSync(engine.get(actions.projection)?.serving?.path ?? '');
  assert.equal(file.prepare('SELECT count(*) AS n FROM marks').get()?.['n'], 0);
  file.close();
  engine.close();
});

test('any definition over any log gives what replay gives, far behind or near', () => {
  fc.assert(
    fc.property(anyDefinition, anyEntries, fc.nat(9), (definition, entries, far) => {
      const log = new MemoryLog();
      for (const { events } of entries) log.commit([events]);
      if (far === 0) for (let more = 0; more < 9; more += 1) log.commit(Array(500).fill([]));
      if (log.texts.length === 0) return;
      const each = new EngineKit();
      const engine = each.open(log);
      assert.ok(engine.define(definition).ok);
      catchUp(engine, log);
      assert.deepEqual(rowsOf(engine, definition), rowsByReplay(definition, log));
      engine.close();
      each.remove();
    }),
    { numRuns: 60 },
  );
});

test('a process that dies leaves a projection at its watermark, which goes on', () => {
  for (const end of rich.commitEnds()) {
    const engine = kit.open(rich);
    assert.ok(engine.define(actions).ok);
    catchUp(engine, rich, end);
    const copy = new EngineKit();
    cpSync(kit.folder, copy.folder, { recursive: true });
    const again = copy.open(rich);
    assert.ok(again.define(actions).ok);
    const size = again.get(actions.projection)?.building?.mark.size ?? -1;
    assert.ok(size >= 0 && size <= end);
    if (end === rich.texts.length) assert.ok(size > end / 2, 'little is folded twice');
    catchUp(again, rich, Math.max(size, 2));
    if (size > 0) assert.deepEqual(rowsOf(again, actions), rowsByReplay(actions, rich, size));
    catchUp(again, rich);
    assert.deepEqual(rowsOf(again, actions), rowsByReplay(actions, rich));
    assert.deepEqual(copy.said, []);
    again.close();
    engine.close();
    copy.remove();
  }
  assert.deepEqual(kit.said, []);
});

/** The one file of a folded and closed projection. */
function foldedFile(log = rich): string {
  const engine = kit.open(log);
  assert.ok(engine.define(actions).ok);
  catchUp(engine, log);
  engine.close();
  const [name = ''] = readdirSync(kit.folder).filter((each) => each.endsWith('.db'));
  return join(kit.folder, name);
}

function foldedAgain(reason: RegExp, log = rich): void {
  const engine = kit.open(log);
  assert.ok(engine.define(actions).ok);
  catchUp(engine, log);
  assert.deepEqual(rowsOf(engine, actions), rowsByReplay(actions, log));
  assert.match(kit.said.map((each) => each.reason).join('\n'), reason);
  assert.equal(engine.fault, undefined);
  engine.close();
  assert.equal(readdirSync(kit.folder).filter((each) => each.endsWith('.db')).length, 1);
}

test('a corrupt file is folded again, and said to be', () => {
  writeFileSync(foldedFile(), 'not a database, whatever its name says'.repeat(400));
  foldedAgain(/not a database/);
});

test('a torn file is folded again', () => {
  const path = foldedFile();
  truncateSync(path, 4096);
  foldedAgain(/malformed|not a database|corrupt/);
});

test('a file of another domain, or of another log, is folded again', () => {
  const path = foldedFile();
  const database = new DatabaseSync(path);
  database.exec("UPDATE state SET identity = 'agentgres://domain/other x'");
  database.close();
  foldedAgain(/another projection/);
  kit.said.length = 0;
  const other = new MemoryLog().extend(richLog({ seed: 'other' }).node.texts);
  foldedAgain(/not those that were sealed/, other);
});

test('what the machine may have torn when it stopped is folded again', () => {
  const path = foldedFile();
  const database = new DatabaseSync(path);
  database.exec("UPDATE state SET is_closed = 0, boot = 'an earlier start'");
  database.close();
  foldedAgain(/machine stopped/);
});

test('a file of another log is not made sound by one that is', () => {
  foldedFile();
  const other = new MemoryLog().extend(richLog({ seed: 'other' }).node.texts);
  const engine = kit.open(other);
  assert.ok(engine.define(actions).ok);
  // A fresh one comes to where the foreign one stands, and both go on.
  const fresh = { ...actions, projection: 'projection://*/fresh' };
  assert.ok(engine.define(fresh).ok);
  catchUp(engine, other, rich.texts.length - 2);
  catchUp(engine, other);
  assert.deepEqual(rowsOf(engine, actions), rowsByReplay(actions, other));
  assert.deepEqual(rowsOf(engine, fresh), rowsByReplay(actions, other));
  engine.close();
});

test('a log that is not the sealed one stops projections instead of serving it', () => {
  const engine = kit.open(rich);
  assert.ok(engine.define(actions).ok);
  engine.sealed({ size: rich.texts.length, root: `sha256:${'0'.repeat(64)}` });
  while (engine.step());
  assert.equal(engine.fault?.code, 'log.differs_from_seal');
  assert.equal(engine.get(actions.projection)?.serving, undefined);
  // One changed character of one entry is enough.
  const changed = new MemoryLog().extend(rich.texts);
  changed.texts[4] = changed.texts[4]?.replace('"height"', '"heigh7"') ?? '';
  const again = new EngineKit();
  const other = again.open(changed);
  assert.ok(other.define(actions).ok);
  other.sealed(rich.sealed());
  while (other.step());
  assert.equal(other.fault?.code, 'log.differs_from_seal');
  again.remove();
});

test('a new version is folded beside the old, which serves until both are at one watermark', () => {
  const log = new MemoryLog();
  const put = (id: number) => [{ type: 'a.put', id: `i${id}`, count: id }];
  for (let id = 0; id < 40; id += 1) log.commit(Array.from({ length: 50 }, () => put(id)));
  const first = definitionOf([{ on: 'a.put', key: ['/event/id'], set: {} }]);
  const second = {
    ...definitionOf([{ on: 'a.put', key: ['/event/id'], set: { count: '/event/count' } }]),
    version: '2.0.0',
  };
  const engine = kit.open(log);
  assert.ok(engine.define(first).ok);
  catchUp(engine, log);
  const old = engine.get(first.projection)?.serving?.table.hash;
  assert.ok(engine.define(second).ok);
  const seen = new Set<string | undefined>();
  for (let more = true; more; ) {
    // The log goes on meanwhile.
    if (log.texts.length < 2200) log.commit([put(log.texts.length)]);
    engine.sealed(log.sealed());
    more = engine.step();
    const { serving, building } = engine.get(first.projection) ?? {};
    assert.ok(serving);
    if (building) assert.equal(serving.table.hash, old);
    seen.add(serving.table.hash);
  }
  assert.equal(seen.size, 2);
  const folded = kit.progress.map((progress) => progress.folded);
  assert.ok(folded.length > 4 && kit.progress.every((each) => each.folded <= each.of));
  assert.equal(folded.at(-1), log.texts.length);
  assert.deepEqual(rowsOf(engine, second), rowsByReplay(second, log));
  assert.equal(kit.news.filter(({ deltas }) => deltas === undefined).length, 2);
  assert.ok(engine.rebuild(first.projection).ok);
  assert.ok(engine.get(first.projection)?.building);
  while (engine.step());
  assert.equal(engine.get(first.projection)?.building, undefined);
  assert.deepEqual(rowsOf(engine, second), rowsByReplay(second, log));
  engine.prune();
  engine.close();
  assert.equal(readdirSync(kit.folder).filter((name) => name.endsWith('.db')).length, 1);
});

test('files nobody defines any more are removed, others are left alone', () => {
  const path = foldedFile();
  const stranger = join(kit.folder, 'notes.txt');
  copyFileSync(path, join(kit.folder, `${'0'.repeat(64)}.1.db`));
  writeFileSync(stranger, 'mine');
  const engine = kit.open(rich);
  assert.ok(engine.define(actions).ok);
  engine.prune();
  assert.equal(readdirSync(kit.folder).filter((name) => name.endsWith('.db')).length, 1);
  assert.ok(readdirSync(kit.folder).includes('notes.txt'));
  engine.close();
});
