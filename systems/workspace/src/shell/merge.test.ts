import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { onLinux, Place } from '../testing/place.ts';
import { copyFolder } from './copy-folder.ts';
import { diffOf } from './diff-of.ts';
import { checkMerge, merge, mergeRefusal, settleMerge } from './merge.ts';
import { overlayState } from './overlays.ts';
import { putBack } from './put-back.ts';
import type { RunRecord } from './run-store.ts';

const SALT = '5a'.repeat(16);
const MERGE = 'merge_1';

/** A run with an overlay in which this was done to the copy. */
function overlayRun(place: Place, work: (copy: string) => void): RunRecord {
  const about = { run_id: 'run_over', kind: 'run', command: ['x'], apart: [] } as const;
  const overlay = { name: 'x', salt: SALT };
  const begun = place.store.begin({ ...about, roots: [place.root], overlay });
  work(begun.folders[0]?.at ?? '');
  return place.store.end(begun);
}

test('a copy has what the folder has, and nothing of what is to be apart', onLinux, (t) => {
  const place = new Place(t);
  mkdirSync(place.at('d'), { mode: 0o750 });
  place.write('d/file', 'x');
  mkdirSync(place.at('.git'));
  place.write('.git/config', 'theirs');
  place.write('.env', 'SECRET');
  symlinkSync('d/file', place.at('link'));
  writeFileSync(Buffer.concat([Buffer.from(`${place.root}/`), Buffer.from([0xff])]), 'odd');
  const to = join(place.folder, 'copy');
  mkdirSync(to);
  const apart = [place.at('.git'), place.at('.env')];
  copyFolder({ from: place.root, to, apart });
  assert.equal(lstatSync(join(to, 'd')).mode & 0o777, 0o750);
  assert.equal(readFileSync(join(to, 'd/file'), 'utf8'), 'x');
  assert.equal(readlinkSync(join(to, 'link')), 'd/file');
  assert.deepEqual(
    [readdirSync(join(to, '.git')), readFileSync(join(to, '.env'), 'utf8')],
    [[], ''],
  );
  assert.equal(readdirSync(to, { encoding: 'buffer' }).length, 5);
  const small = { from: place.root, to: join(place.folder, 'small'), apart };
  mkdirSync(small.to);
  assert.throws(() => copyFolder({ ...small, limits: { bytes: 2 } }), /too much/);
});

test('what was done to a copy is merged, and put back as any run is', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', 'old');
  const record = overlayRun(place, (copy) => writeFileSync(join(copy, 'a'), 'new'));
  assert.equal(place.read('a'), 'old');
  assert.equal(overlayState(record, place.store.list()), 'waiting');
  assert.deepEqual(merge(place.store, record, MERGE), { kind: 'merged' });
  assert.equal(place.read('a'), 'new');
  assert.equal(overlayState(record, place.store.list()), 'merged');
  place.undo(MERGE);
  assert.equal(place.read('a'), 'old');
  assert.equal(overlayState(record, place.store.list()), 'waiting');
});

/** As far as a process came that was killed between two files. */
function cutShort(place: Place, record: RunRecord, meanwhile?: () => void): void {
  const { run_id: of, command, apart } = record;
  const [plan] = checkMerge(place.store, record);
  meanwhile?.();
  place.store.begin({ run_id: MERGE, kind: 'merge', of, command, apart, roots: [place.root] });
  assert.ok(plan && plan.steps.length > 1);
  putBack(place.root, plan.steps.slice(0, 1), place.store.objects);
}

test('nothing is written below a folder that could not be made, nor after it', onLinux, (t) => {
  const place = new Place(t);
  const record = overlayRun(place, (copy) => {
    mkdirSync(join(copy, 'D'));
    for (const name of ['D/hook', 'other']) writeFileSync(join(copy, name), 'x');
  });
  const steps = checkMerge(place.store, record)[0]?.steps ?? [];
  // As where upper and lower case are one: no listing has `D`, and it is there.
  mkdirSync(place.at('D'), { mode: 0o700 });
  const { objects } = place.store;
  const first = { path: 'D', why: 'it changed meanwhile' };
  assert.deepEqual(putBack(place.root, steps, objects, true), [first]);
  assert.deepEqual(readdirSync(place.root), ['D']);
  const below = { path: 'D/hook', why: 'its folder is not there' };
  assert.deepEqual(putBack(place.root, steps, objects), [first, below]);
  assert.deepEqual([readdirSync(place.at('D')), existsSync(place.at('other'))], [[], true]);
  assert.equal(lstatSync(place.at('D')).mode & 0o777, 0o700);
});

test('a merge that was cut short is finished', onLinux, (t) => {
  const place = new Place(t);
  const record = overlayRun(place, (copy) => {
    writeFileSync(join(copy, 'a'), 'one');
    writeFileSync(join(copy, 'b'), 'two');
  });
  assert.deepEqual(settleMerge(place.store, MERGE).kind, 'not_merged', 'it was not begun');
  cutShort(place, record);
  assert.ok(existsSync(place.at('a')) && !existsSync(place.at('b')));
  assert.deepEqual(settleMerge(place.store, MERGE), { kind: 'merged' });
  assert.deepEqual([place.read('a'), place.read('b')], ['one', 'two']);
  assert.deepEqual(
    settleMerge(place.store, MERGE),
    { kind: 'merged' },
    'once more changes nothing',
  );
});

test('one that cannot be finished is put back, but for what somebody changed', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', 'old');
  const record = overlayRun(place, (copy) => {
    writeFileSync(join(copy, 'a'), 'one');
    writeFileSync(join(copy, 'b'), 'two');
  });
  // As somebody does between the look and the beginning.
  cutShort(place, record, () => place.write('b', 'mine'));
  const settled = settleMerge(place.store, MERGE);
  assert.equal(settled.kind, 'not_merged');
  assert.match(settled.kind === 'not_merged' ? settled.why : '', /\/b: it was nothing, and is sha/);
  assert.deepEqual([place.read('a'), place.read('b')], ['old', 'mine']);
  assert.equal(place.store.find(MERGE), undefined);
  unlinkSync(place.at('b'));
  assert.deepEqual(merge(place.store, record, MERGE), { kind: 'merged' });
});

test('where something of it may stand under what somebody changed, it is unknown', onLinux, (t) => {
  const place = new Place(t);
  const record = overlayRun(place, (copy) => {
    mkdirSync(join(copy, 'd'));
    for (const name of ['d/a', 'd/b']) writeFileSync(join(copy, name), 'theirs');
  });
  cutShort(place, record);
  place.write('d/a', 'theirs, and mine');
  const settled = settleMerge(place.store, MERGE);
  assert.equal(settled.kind, 'unknown');
  assert.match(settled.kind === 'unknown' ? settled.why : '', /not put back: .*\/d; .*\/d\/a$/);
  assert.ok(place.store.find(MERGE)?.ended, 'it is kept, and can be put back');
  assert.deepEqual(readdirSync(place.at('d')), ['a']);
});

test('a link in what was installed stays behind, as the files there do', onLinux, (t) => {
  const place = new Place(t);
  mkdirSync(place.at('.venv'));
  const record = overlayRun(place, (copy) => {
    writeFileSync(join(copy, 'py'), '#!/bin/sh');
    symlinkSync('../py', join(copy, '.venv/python'));
  });
  assert.deepEqual(checkMerge(place.store, record)[0]?.lost, ['.venv/python']);
  assert.deepEqual(merge(place.store, record, MERGE), { kind: 'merged' });
  assert.ok(existsSync(place.at('py')) && !existsSync(place.at('.venv/python')));
});

test('a diff stops where it is long enough, and what follows is not read', onLinux, (t) => {
  const place = new Place(t);
  const record = overlayRun(place, (copy) => {
    for (const name of ['a', 'b', 'c']) writeFileSync(join(copy, name), 'x\n');
  });
  const heads = (most?: number) =>
    diffOf(place.store, record, most).filter((line) => line.startsWith('diff '));
  assert.deepEqual(heads(), ['diff a', 'diff b', 'diff c']);
  assert.deepEqual(heads(1), ['diff a']);
});

test('nothing is merged where anything conflicts', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', 'old');
  const record = overlayRun(place, (copy) => {
    writeFileSync(join(copy, 'a'), 'one');
    writeFileSync(join(copy, 'b'), 'two');
  });
  place.write('a', 'mine');
  assert.equal(mergeRefusal(checkMerge(place.store, record))?.code, 'merge.conflict');
  assert.equal(merge(place.store, record, MERGE).kind, 'not_merged');
  assert.ok(!existsSync(place.at('b')));
});

test('what waits to be merged outlives old runs, and a copy nobody uses does not', onLinux, (t) => {
  const place = new Place(t);
  const record = overlayRun(place, (copy) => writeFileSync(join(copy, 'a'), 'one'));
  for (let at = 0; at < 4; at += 1) place.run(() => place.write('other', String(at)));
  mkdirSync(join(place.folder, 'store/overlays/run_cut'), { recursive: true });
  place.store.prune({ runs: 1, bytes: 0 });
  assert.ok(place.store.find(record.run_id));
  assert.deepEqual(readdirSync(join(place.folder, 'store/overlays')), []);
  assert.deepEqual(merge(place.store, record, MERGE), { kind: 'merged' });
  assert.equal(place.read('a'), 'one');
});
