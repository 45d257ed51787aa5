import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Change, textOf } from '../core/index.ts';
import { planUndo, RunStore, type Undone, undo } from '../shell/index.ts';

export const onLinux = { skip: process.platform === 'linux' ? false : 'folders are held by /proc' };

/** A folder with a store beside it; both are gone after the test. */
export class Place {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'ioi-undo-')));
  readonly root = join(this.folder, 'work');
  readonly store: RunStore;
  #runs = 0;

  constructor(t: TestContext, limits = {}) {
    mkdirSync(this.root);
    this.store = new RunStore(join(this.folder, 'store'), limits);
    t.after(() => {
      this.store.close();
      execFileSync('chmod', ['-R', 'u+rwx', this.folder]);
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  at(name: string): string {
    return join(this.root, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.at(name), text);
  }

  read(name: string): string {
    return readFileSync(this.at(name), 'utf8');
  }

  /** A run in which this was done; gives its id. */
  run(work: () => void, apart: readonly string[] = []): string {
    this.#runs += 1;
    const run_id = `run_${this.#runs}`;
    const about = { run_id, kind: 'run', command: ['x'], roots: [this.root], apart } as const;
    const begun = this.store.begin(about);
    work();
    this.store.end(begun);
    return run_id;
  }

  record(runId: string) {
    const record = this.store.find(runId);
    assert.ok(record);
    return record;
  }

  changes(runId: string): readonly Change[] {
    const [folder] = this.record(runId).folders;
    return (folder && this.store.changesIn(folder)) ?? [];
  }

  said(runId: string): string[] {
    return this.changes(runId).map(({ how, path }) => `${how} ${textOf(path)}`);
  }

  undo(runId: string, force = false): Undone {
    return undo(this.store, this.record(runId), force);
  }

  plan(runId: string) {
    const [plan] = planUndo(this.store, this.record(runId), false);
    assert.ok(plan);
    return plan;
  }
}
