import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { mergeContract } from '@ioi/law';
import type { ActionRequest, PerformOptions, SealedAction } from '@ioi/protocol';
import { RunStore } from '@ioi/workspace/shell';
import { MergeGate } from './merge-gate.ts';
import { doMergeJob } from './merge-jobs.ts';

const onLinux = { skip: process.platform === 'linux' ? false : 'folders are held by /proc' };
const RUN = `run_${'5e'.repeat(16)}`;
const MANY = `run_${'6f'.repeat(16)}`;
const OPTIONS: PerformOptions = { signal: new AbortController().signal };
const EDGE = { secret: async () => undefined };

test(
  'what is merged is what was sealed, all of it, and settled after a crash',
  onLinux,
  async (t) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-gate-')));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const root = join(folder, 'w');
    mkdirSync(root);
    const store = new RunStore(join(folder, 'kept'));
    t.after(() => store.close());
    const overlay = { name: 'sh', salt: '5a'.repeat(16) };
    const about = { run_id: RUN, kind: 'run', command: ['sh'], apart: [], roots: [root] } as const;
    const begun = store.begin({ ...about, overlay });
    const copy = begun.folders[0]?.at ?? '';
    for (const name of ['r/objects', 'r/refs']) mkdirSync(join(copy, name), { recursive: true });
    for (const name of ['a', 'Makefile', 'r/HEAD']) writeFileSync(join(copy, name), 'x');
    store.end(begun);
    const gate = new MergeGate(join(folder, 'kept'));
    const found = await gate.describe(RUN);
    assert.ok(found.ok);
    const { changeSet, changes, paths, executedLater } = found.value;
    assert.equal(digestBytes(changes), changeSet);
    const repository = ['r/HEAD', 'r/objects', 'r/refs'];
    assert.deepEqual(
      [paths, executedLater],
      [
        ['Makefile', 'a', ...repository],
        ['Makefile', ...repository],
      ].map((names) => names.map((name) => `${root}/${name}`)),
    );
    const contract = mergeContract(true);
    const asked = (params: object) => {
      const all = { run: RUN, paths, change_set: changeSet, ...params };
      return { params: all } as unknown as ActionRequest;
    };
    const facts = await gate.gather(contract, asked({}));
    assert.deepEqual(facts, { ok: true, value: { workspace_root: root } });
    for (const edited of [{ paths: paths.slice(1) }, { change_set: digestBytes('') }]) {
      const refused = await gate.gather(contract, asked(edited));
      assert.equal(refused.ok ? 'ok' : refused.error.code, 'merge.other_changes');
    }
    const sealed = (params: object): SealedAction => {
      const committedHash = digestBytes(JSON.stringify(params));
      return { request: asked(params), contract, committedHash } as unknown as SealedAction;
    };
    const other = sealed({ change_set: digestBytes('') });
    const none = await gate.perform(other, EDGE, OPTIONS);
    assert.equal(none.kind, 'failed_before_effect');
    assert.equal((await gate.reconcile(other)).kind, 'not_performed');
    const done = await gate.perform(sealed({}), EDGE, OPTIONS);
    assert.equal(done.kind, 'completed');
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), 'x');
    assert.equal((await gate.reconcile(sealed({}))).kind, 'performed');
    const hurried = new MergeGate(join(folder, 'kept'), 1);
    const late = await hurried.describe(RUN);
    assert.match(late.ok ? '' : late.error.message, /longer than 1 ms/);
    assert.equal((await hurried.reconcile(sealed({}))).kind, 'unknown');
    const many = store.begin({ ...about, run_id: MANY, overlay });
    const large = many.folders[0]?.at ?? '';
    for (let at = 0; at <= 2000; at += 1) mkdirSync(join(large, String(at)));
    writeFileSync(join(large, 'text'), 'x');
    store.end(many);
    const full = doMergeJob(join(folder, 'kept'), { kind: 'describe', run: MANY });
    assert.ok(full.kind === 'described');
    const { refusal, diff } = full.described;
    assert.deepEqual([refusal?.code, diff], ['merge.too_much', '']);
  },
);

test(
  'a copy that a stop left is found, and is nobody else’s once it is taken up',
  onLinux,
  async (t) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-gate-')));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [root, kept] = [join(folder, 'w'), join(folder, 'kept')];
    mkdirSync(root);
    const left = () => doMergeJob(kept, { kind: 'left' });
    const none = { kind: 'left', runs: [] };
    const about = { run: RUN, root, name: 'notes', salt: '5a'.repeat(16) };
    const copied = doMergeJob(kept, { kind: 'copy', ...about });
    assert.ok(copied.kind === 'copied');
    assert.deepEqual(left(), none);
    const database = new DatabaseSync(join(kept, 'runs.db'));
    // As the process that a stop ended had it.
    const gone = `UPDATE run SET record = json_set(record, '$.process.start', 'gone')`;
    database.exec(gone);
    assert.deepEqual(await new MergeGate(kept).left(), [RUN]);
    doMergeJob(kept, { kind: 'take_up', run: RUN });
    assert.deepEqual(left(), none);
    const refused = doMergeJob(kept, { kind: 'describe', run: RUN });
    assert.equal(refused.kind === 'refused' && refused.refusal.code, 'run.running');
    database.exec(gone);
    database.close();
    doMergeJob(kept, { kind: 'finish', run: RUN, isDropped: true });
    assert.deepEqual(left(), none);
    assert.ok(!existsSync(copied.at));
  },
);
