import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { OpenFolder } from '@ioi/folders';
import { onLinux, Place } from '../testing/place.ts';
import { RunStore } from './run-store.ts';
import { undo } from './undo.ts';
import { isUndone } from './undone.ts';

test('a folder around the one of a run, swapped for a link later, leads nowhere', onLinux, (t) => {
  const place = new Place(t);
  mkdirSync(place.at('around/inner'), { recursive: true });
  place.write('around/inner/config', 'planted');
  const about = { kind: 'run', command: ['x'], apart: [] } as const;
  const begun = place.store.begin({
    run_id: 'run_inner',
    roots: [place.at('around/inner')],
    ...about,
  });
  rmSync(place.at('around/inner/config'));
  place.store.end(begun);
  // What another program, that may write more, makes of it.
  mkdirSync(join(place.folder, 'outside', 'inner'), { recursive: true });
  renameSync(place.at('around'), place.at('moved'));
  symlinkSync(join(place.folder, 'outside'), place.at('around'));
  for (const force of [false, true]) {
    const { folders } = place.undo('run_inner', force);
    assert.match(folders[0]?.failed[0]?.why ?? '', /link/);
  }
  assert.deepEqual(readdirSync(join(place.folder, 'outside', 'inner')), []);
});

test(
  'a folder of which nothing can be seen any more is never said to be as before',
  onLinux,
  (t) => {
    const place = new Place(t, { entries: 5 });
    const run = place.run(() => place.write('added', 'x'));
    for (const name of ['1', '2', '3', '4', '5']) place.write(name, name);
    assert.match(place.plan(run).unseen ?? '', /too much/);
    assert.equal(place.undo(run).folders[0]?.failed.length, 1);
    assert.ok(existsSync(place.at('added')));
  },
);

test('long names deep down are too much, as many names are', onLinux, (t) => {
  const place = new Place(t, { pathBytes: 2000 });
  mkdirSync(place.at(Array(4).fill('x'.repeat(200)).join('/')), { recursive: true });
  const tree = place.store.now(place.root, []);
  assert.equal(tree?.size, undefined);
  rmSync(place.at('x'.repeat(200)), { recursive: true });
  mkdirSync(place.at(Array(3).fill('x'.repeat(200)).join('/')), { recursive: true });
  assert.equal(place.store.now(place.root, [])?.size, 3);
});

test(
  'a folder where a draft would be written does not keep a file from coming back',
  onLinux,
  (t) => {
    const place = new Place(t);
    place.write('Makefile', 'old');
    const digest = execFileSync('sh', ['-c', 'printf Makefile | sha256sum'], { encoding: 'utf8' });
    const blocking = place.at(`.ioi-undo-${digest.slice(0, 16)}`);
    const run = place.run(() => {
      place.write('Makefile', 'new');
      mkdirSync(blocking);
      execFileSync('mkfifo', [join(blocking, 'pipe')]);
    });
    assert.deepEqual(place.undo(run).folders[0]?.failed, []);
    assert.equal(place.read('Makefile'), 'old');
    const left = readdirSync(place.root).filter((name) => name.startsWith('.ioi'));
    assert.deepEqual(left, [basename(blocking)]);
  },
);

test('whatever the mode of a file, what is kept of it is for this account alone', onLinux, (t) => {
  const place = new Place(t);
  for (const [name, size] of [
    ['small', 10],
    ['large', 2_000_000],
  ] as const) {
    writeFileSync(place.at(name), name.repeat(size));
    chmodSync(place.at(name), 0o4755);
  }
  const tree = place.store.now(place.root, []);
  for (const entry of tree?.values() ?? []) {
    assert.ok(entry.kind === 'file');
    const { mode } = statSync(place.store.objects.place(entry.digest));
    assert.equal(mode & 0o7777, 0o600);
  }
  assert.equal(statSync(join(place.folder, 'store')).mode & 0o777, 0o700);
});

test('what a look that was cut short left of drafts goes with old runs', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', '0');
  for (const text of ['1', '2']) place.run(() => place.write('a', text));
  const [group = ''] = readdirSync(join(place.folder, 'store', 'objects'));
  const objects = join(place.folder, 'store', 'objects');
  const drafts = [join(objects, 'draft-1'), join(objects, group, `${'0'.repeat(64)}.1`)];
  for (const draft of drafts) writeFileSync(draft, 'x');
  place.store.prune({ runs: 1, bytes: 1e9 });
  assert.deepEqual(drafts.filter(existsSync), []);
});

test('one undo waits for another', onLinux, async (t) => {
  const place = new Place(t);
  place.write('a', 'old');
  const run = place.run(() => place.write('a', 'new'));
  const mark = join(place.folder, 'mark');
  const script = `
    import { writeFileSync } from 'node:fs';
    import { RunStore } from '${join(dirname(import.meta.filename), 'run-store.ts')}';
    new RunStore('${join(place.folder, 'store')}').undoing(() => {
      console.log('held');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
      writeFileSync('${mark}', '');
    });`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script]);
  t.after(() => void other.kill('SIGKILL'));
  await once(other.stdout, 'data');
  place.undo(run);
  assert.ok(existsSync(mark));
  assert.equal(readFileSync(place.at('a'), 'utf8'), 'old');
});

test('a store opens while somebody looks at a large folder', onLinux, (t) => {
  const place = new Place(t);
  const run = place.run(() => place.write('a', 'new'));
  t.mock.method(place.store.objects, 'putTree', () => {
    const other = new RunStore(join(place.folder, 'store'));
    assert.equal(other.list().length, 1);
    other.close();
    return '0'.repeat(64);
  });
  const about = { kind: 'run', command: ['x'], roots: [place.root], apart: [] } as const;
  place.store.begin({ run_id: 'run_other', ...about });
  t.mock.restoreAll();
  undo(place.store, place.record(run), false);
});

test('of a folder with very many names no more are read than are looked at', onLinux, (t) => {
  const place = new Place(t);
  for (const name of ['a', 'b', 'c', 'd']) place.write(name, name);
  const folder = OpenFolder.at(place.root);
  t.after(() => folder.close());
  assert.equal(folder.names(2).length, 2);
  assert.deepEqual(folder.names(9), ['a', 'b', 'c', 'd']);
});

test('a file in whose place stands what cannot be removed is said to stay', onLinux, (t) => {
  const place = new Place(t);
  place.write('Makefile', 'old');
  const run = place.run(() => {
    rmSync(place.at('Makefile'));
    mkdirSync(place.at('Makefile'));
    execFileSync('mkfifo', [place.at('Makefile/pipe')]);
  });
  const { conflicts, lost } = place.plan(run);
  assert.deepEqual([conflicts, lost], [['Makefile'], ['Makefile/pipe']]);
});

test('an undo that was cut short did not undo its run', onLinux, (t) => {
  const place = new Place(t);
  for (const name of ['a', 'b']) place.write(name, 'old');
  const run = place.run(() => {
    for (const name of ['a', 'b']) place.write(name, 'new');
  });
  const about = { kind: 'undo', of: run, command: ['x'], roots: [place.root], apart: [] } as const;
  place.store.begin({ run_id: 'undo_cut', ...about });
  place.write('a', 'old');
  assert.ok(!isUndone(place.record(run), place.store.list()));
  assert.deepEqual(place.undo(run).folders[0]?.done, ['b']);
  assert.ok(isUndone(place.record(run), place.store.list()));
});
