import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { seededRandom } from '@ioi/basis';
import { askedFor, hasWords, searchedText, sharedIds } from '@ioi/law';
import { richLog } from '@ioi/law/testing';
import type { LogEntry } from '@ioi/protocol';
import { Database } from '@ioi/sqlite';
import { MemoryLog } from '../../testing/memory-log.ts';
import { SearchFile } from './search-file.ts';

const root = mkdtempSync(join(tmpdir(), 'ioi-search-'));
after(() => rmSync(root, { recursive: true, force: true }));

const log = new MemoryLog().extend(richLog().node.texts);
const entries = log.texts.map((text) => JSON.parse(text) as LogEntry);
const all = { below: log.texts.length, limit: 1000 };

const SMALL = { now: () => 0, segment: 16 };

function opened(name: string, source = log, timing = SMALL): SearchFile {
  return new SearchFile(join(root, name), source, timing);
}

function folded(name: string, source = log, timing = SMALL): SearchFile {
  const file = opened(name, source, timing);
  while (file.size < source.texts.length) file.fold(7, source.texts.length);
  return file;
}

/** As somebody finds them who reads every entry. */
function byReading(question: string): number[] {
  const asked = askedFor(question);
  assert.ok(asked, question);
  const found = entries.filter((entry) => {
    return asked.indexed.length > 0 && hasWords(searchedText(entry), asked);
  });
  return found.map(({ seq }) => Number(seq)).reverse();
}

test('what is found is what reading everything finds, newest first', () => {
  const file = folded('all');
  const texts = new Set(entries.map(searchedText).filter((text) => text !== ''));
  assert.ok(texts.size > 5);
  const lines = [...texts].flatMap((text) => text.split('\n')).filter((line) => !/\s/.test(line));
  const parts = lines.flatMap((line) => [line, line.slice(1), line.slice(0, 5), line.slice(-4)]);
  for (const question of [...new Set(parts), 'not-there', '"', '"" OR text', 'a* NEAR b', "';--"]) {
    const asked = askedFor(question);
    if (asked === undefined || asked.indexed.length === 0) continue;
    const found = file.search({ words: asked.indexed, ids: [], ...all });
    assert.deepEqual(found.seqs, byReading(question), question);
    assert.equal(found.downTo, 0);
  }
  file.close();
});

test('an id of many acts leads to all of them, by its beginning too', () => {
  const file = folded('ids');
  const ids = new Set(entries.flatMap(sharedIds));
  assert.ok(ids.size > 0);
  for (const id of ids) {
    const naming = entries.filter((entry) => sharedIds(entry).includes(id));
    const wanted = naming.map(({ seq }) => Number(seq)).reverse();
    assert.deepEqual(file.search({ words: [], ids: [id], ...all }).seqs, wanted);
    assert.ok(file.search({ words: [], ids: [id.slice(0, 20)], ...all }).seqs.includes(wanted[0]!));
  }
  file.close();
});

test('pages of any size are the whole, and a part that takes too long is said to be one', () => {
  const file = folded('pages');
  const words = ['fs::write'];
  const whole = file.search({ words, ids: [], ...all }).seqs;
  const paged: number[] = [];
  for (let below = all.below; ; ) {
    const { seqs } = file.search({ words, ids: [], below, limit: 1 });
    paged.push(...seqs);
    if (seqs.length === 0) break;
    below = seqs[0] as number;
  }
  assert.deepEqual(paged, whole);
  assert.ok(whole.length > 1);
  file.close();
  let passed = 0;
  const now = (): number => {
    passed += 1_000;
    return passed;
  };
  const slow = folded('segments', log, { now, segment: 4 });
  const parts: number[] = [];
  for (let below = all.below; below > 0; ) {
    const { seqs, downTo } = slow.search({ words, ids: [], below, limit: 1000 });
    assert.ok(downTo < below && downTo >= below - 4);
    parts.push(...seqs);
    below = downTo;
  }
  assert.deepEqual(parts, whole);
  slow.close();
});

test('a file goes on where it was, and one of another log or of nothing begins anew', () => {
  folded('again').close();
  const again = opened('again');
  assert.equal(again.size, log.texts.length);
  again.close();
  const other = new MemoryLog();
  for (let at = 0; at < log.texts.length; at += 1) other.commit([[]]);
  const anew = opened('again', other);
  assert.equal(anew.size, 0);
  anew.close();
  writeFileSync(join(root, 'again', 'search.db'), 'nothing that was ever a database');
  const made = folded('again');
  assert.equal(made.size, log.texts.length);
  made.close();
});

test('what a killed process left is gone on with, wherever in a segment it was', () => {
  const file = opened('killed', log, { now: () => 0, segment: 8 });
  const words = ['fs::'];
  for (let life = 0; file.size < log.texts.length; life += 1) {
    file.fold(3, log.texts.length);
    const name = `killed-${life}`;
    cpSync(join(root, 'killed'), join(root, name), { recursive: true });
    const again = opened(name, log, { now: () => 0, segment: 8 });
    assert.equal(again.size, file.size);
    while (again.size < log.texts.length) again.fold(5, log.texts.length);
    const { seqs } = again.search({ words, ids: [], ...all });
    assert.deepEqual(seqs, byReading('fs::'), name);
    again.close();
  }
  file.close();
});

test('letters that all stand in an entry, and not together, find nothing', () => {
  const file = folded('apart');
  const [line = ''] = byReading('fs::write').map((seq) => searchedText(entries[seq] as LogEntry));
  const longest = line.split('\n').toSorted((one, other) => other.length - one.length)[0] ?? '';
  const parts = [longest.slice(0, 5), longest.slice(-5)];
  assert.ok(file.search({ words: parts, ids: [], ...all }).seqs.length > 0);
  const apart = `${parts[1]}${parts[0]}`;
  assert.deepEqual(file.search({ words: [apart], ids: [], ...all }).seqs, byReading(apart));
  file.close();
});

test('a file of an earlier form is made anew', () => {
  folded('older').close();
  const path = join(root, 'older', 'search.db');
  const older = new Database({
    path,
    schema: 'CREATE TABLE texts (text TEXT) STRICT',
    format: 3,
    durability: 'off',
  });
  older.close();
  const anew = opened('older');
  assert.equal(anew.size, 0);
  anew.close();
});

/** As its keeper does: what throws is begun anew, on the next opening or at once. */
function mended(
  name: string,
  words: readonly string[],
): { seqs: readonly number[]; isAnew: boolean } {
  let file: SearchFile | undefined;
  for (let fault: unknown; ; ) {
    try {
      file ??= opened(name);
      while (file.size < log.texts.length) file.fold(7, log.texts.length);
      const { seqs } = file.search({ words, ids: [], ...all });
      file.close();
      return { seqs, isAnew: fault !== undefined };
    } catch (next) {
      assert.ok(fault === undefined, `${next}`);
      fault = next;
      file?.reset();
    }
  }
}

test('whichever page of it is garbage, nothing that is there is left out', () => {
  folded('whole', log, { now: () => 0, segment: 3 }).close();
  const whole = readFileSync(join(root, 'whole', 'search.db'));
  const [random, pages] = [seededRandom(5), whole.length / 4096];
  assert.ok(pages > 10 && Number.isInteger(pages), String(pages));
  let anew = 0;
  for (let page = 0; page < pages; page += 1) {
    const name = `page-${page}`;
    opened(name).close();
    const damaged = whole.map((byte, at) => (at >> 12 === page ? random.below(256) : byte));
    writeFileSync(join(root, name, 'search.db'), damaged);
    for (const question of ['fs::', 'fs::write', 'not-there']) {
      const { seqs, isAnew } = mended(name, [question]);
      assert.deepEqual(seqs, byReading(question), `${question} page ${page}`);
      if (isAnew) anew += 1;
    }
  }
  assert.ok(anew > 0);
});
