import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { onLinux, Place } from '../testing/place.ts';
import { RunStore } from './run-store.ts';
import { planUndo } from './undo.ts';
import { isUndone } from './undone.ts';

test('bytes, modes, links, empty folders and odd names come back exactly', onLinux, (t) => {
  const place = new Place(t);
  const odd = Buffer.concat([Buffer.from(`${place.root}/odd\n`), Buffer.from([0xff, 0xfe])]);
  place.write('a', 'one');
  chmodSync(place.at('a'), 0o751);
  symlinkSync('nowhere\n', place.at('link'));
  mkdirSync(place.at('empty'), { mode: 0o700 });
  mkdirSync(place.at('deep/er'), { recursive: true });
  place.write('deep/er/b', '\0\x01two');
  writeFileSync(odd, 'odd');
  const look = (): string =>
    execFileSync('sh', ['-c', 'find . -printf "%p %y %m %l\\n" | sort; cat a deep/er/b odd*'], {
      cwd: place.root,
      encoding: 'latin1',
    });
  const before = look();
  const run = place.run(() => {
    place.write('a', 'uno');
    chmodSync(place.at('a'), 0o600);
    rmSync(place.at('link'));
    place.write('link', 'now a file');
    rmSync(place.at('empty'), { recursive: true });
    rmSync(place.at('deep'), { recursive: true });
    place.write('deep', 'a file in the place of a folder');
    rmSync(odd);
    mkdirSync(place.at('new/folder'), { recursive: true });
    place.write('new/folder/c', 'three');
  });
  assert.deepEqual(place.said(run), [
    'changed a',
    'changed deep',
    'removed deep/er',
    'removed deep/er/b',
    'removed empty',
    'changed link',
    'added new',
    'added new/folder',
    'added new/folder/c',
    'removed odd\\x0a\\xff\\xfe',
  ]);
  const { folders, undoId } = place.undo(run);
  assert.deepEqual(folders[0]?.failed, []);
  assert.equal(look(), before);
  assert.ok(isUndone(place.record(run), place.store.list()));
  place.undo(undoId);
  assert.ok(!isUndone(place.record(run), place.store.list()));
  assert.equal(place.read('deep'), 'a file in the place of a folder');
  assert.equal(place.read('new/folder/c'), 'three');
  assert.deepEqual(place.plan(run).steps.length, 10);
});

test('what was changed after the run stays, and is said', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', '1');
  place.write('b', '1');
  const run = place.run(() => {
    place.write('a', '2');
    place.write('b', '2');
  });
  place.write('a', 'mine');
  assert.deepEqual(place.plan(run).conflicts, ['a']);
  place.undo(run);
  assert.deepEqual([place.read('a'), place.read('b')], ['mine', '1']);
  place.undo(run, true);
  assert.equal(place.read('a'), '1');
});

test('a link that leads out is never written through', onLinux, (t) => {
  const place = new Place(t);
  const outside = join(place.folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'a'), 'not ours');
  mkdirSync(place.at('in'));
  place.write('in/a', 'old');
  const run = place.run(() => {
    place.write('in/a', 'new');
    symlinkSync(outside, place.at('out'));
  });
  assert.deepEqual(place.said(run), ['changed in/a', 'added out']);
  renameSync(place.at('in'), place.at('moved'));
  symlinkSync(outside, place.at('in'));
  for (const force of [false, true]) place.undo(run, force);
  assert.equal(readFileSync(join(outside, 'a'), 'utf8'), 'not ours');
  assert.equal(readlinkSync(place.at('in')), outside);
  assert.ok(!existsSync(place.at('out')));
});

test('a folder swapped for a link between plan and act is not followed', onLinux, (t) => {
  const place = new Place(t);
  const outside = join(place.folder, 'outside');
  mkdirSync(outside);
  mkdirSync(place.at('in'));
  place.write('in/a', 'old');
  const run = place.run(() => place.write('in/a', 'new'));
  // As if it happened once everything was looked at: the plan is made for the folder.
  t.mock.method(place.store, 'now', () => {
    const tree = new RunStore(join(place.folder, 'other'));
    t.after(() => tree.close());
    const now = tree.now(place.root, []);
    renameSync(place.at('in'), place.at('moved'));
    symlinkSync(outside, place.at('in'));
    return now;
  });
  const { folders } = place.undo(run);
  assert.match(folders[0]?.failed[0]?.why ?? '', /link/);
  assert.ok(!existsSync(join(outside, 'a')));
});

test(
  'what is no file is left out, and so is what is too large or not to be looked at',
  onLinux,
  async (t) => {
    const place = new Place(t, { fileBytes: 1000 });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(place.at('socket'), resolve));
    t.after(() => server.close());
    execFileSync('mkfifo', [place.at('pipe')]);
    place.write('big', 'x'.repeat(2000));
    mkdirSync(place.at('node_modules'));
    place.write('node_modules/tool', '1');
    mkdirSync(place.at('secret'));
    const run = place.run(() => {
      place.write('big', 'y'.repeat(2000));
      place.write('node_modules/tool', '2');
      place.write('secret/key', 'k');
      truncateSync(place.at('socket').replace('socket', 'big'), 5000);
    }, [place.at('secret')]);
    assert.deepEqual(place.said(run), ['changed big', 'changed node_modules/tool']);
    const { steps, lost } = place.plan(run);
    assert.deepEqual([steps, lost], [[], ['big', 'node_modules/tool']]);
    assert.ok(lstatSync(place.at('pipe')).isFIFO());
  },
);

test('a file put back is a file of its own, whatever its other names are', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', 'old');
  linkSync(place.at('a'), join(place.folder, 'other-name'));
  const run = place.run(() => place.write('a', 'new'));
  place.undo(run);
  assert.equal(place.read('a'), 'old');
  assert.equal(readFileSync(join(place.folder, 'other-name'), 'utf8'), 'new');
  assert.notEqual(statSync(place.at('a')).ino, statSync(join(place.folder, 'other-name')).ino);
});

test(
  'a folder with more in it than the limit has no snapshot, and says so by that',
  onLinux,
  (t) => {
    const place = new Place(t, { entries: 2 });
    for (const name of ['a', 'b', 'c']) place.write(name, name);
    const run = place.run(() => place.write('a', 'new'));
    assert.deepEqual(place.record(run).folders, [{ root: place.root }]);
    const [plan] = planUndo(place.store, place.record(run), false);
    assert.match(plan?.unseen ?? '', /too much/);
    assert.match(place.undo(run).folders[0]?.failed[0]?.why ?? '', /too much/);
  },
);

test('what is kept is read again before it is believed', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', 'old');
  const run = place.run(() => place.write('a', 'new'));
  const { before } = place.changes(run)[0] ?? {};
  assert.ok(before?.kind === 'file');
  writeFileSync(place.store.objects.place(before.digest), 'forged');
  const { folders } = place.undo(run);
  assert.match(folders[0]?.failed[0]?.why ?? '', /damaged/);
  assert.equal(place.read('a'), 'new');
});

test('a file as long and as old as before, with other bytes, is a changed one', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', 'one');
  const times = "touch -d '2020-01-01' a";
  execFileSync('sh', ['-c', times], { cwd: place.root });
  const run = place.run(() => {
    place.write('a', 'two');
    execFileSync('sh', ['-c', times], { cwd: place.root });
  });
  assert.deepEqual(place.said(run), ['changed a']);
});

test('a file that changes whenever it is read is left out', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', 'old');
  let times = 0;
  t.mock.method(place.store.objects, 'put', () => {
    times += 1;
    place.write('a', `${times}`);
    return '0'.repeat(64);
  });
  const left = place.store.now(place.root, [])?.get('a');
  assert.deepEqual(left?.kind === 'left' && left.why, 'changing');
});

test('a run that nobody ended ends with what stands there when it is asked about', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', 'old');
  const { root } = place;
  const about = { kind: 'run', command: ['x'], roots: [root], apart: [] } as const;
  const begun = place.store.begin({ run_id: 'run_lost', ...about });
  place.write('a', 'new');
  assert.equal(place.store.end(begun).folders[0]?.root, root);
  place.undo('run_lost');
  assert.equal(place.read('a'), 'old');
});

test('old runs are forgotten with what only they needed, the newest never', onLinux, (t) => {
  const place = new Place(t);
  place.write('a', '0');
  const runs = ['1', '2', '3'].map((text) => place.run(() => place.write('a', text)));
  assert.equal(place.store.prune({ runs: 2, bytes: 1e9 }), 1);
  assert.equal(place.store.find(runs[0] ?? ''), undefined);
  place.undo(runs[2] ?? '');
  assert.equal(place.read('a'), '2');
  assert.equal(place.store.prune({ runs: 9, bytes: 0 }), 2);
  const [newest] = place.store.list();
  assert.equal(newest?.kind, 'undo');
  place.undo(newest?.run_id ?? '');
  assert.equal(place.read('a'), '3');
});
