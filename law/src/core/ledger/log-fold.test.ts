import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StateTree } from '@ioi/merkle';
import * as fc from 'fast-check';
import { richLog } from '../../testing/index.ts';
import { nodeModules } from '../node-modules.ts';
import { LogFold, type RefoldedCommit } from './log-fold.ts';
import { applyTexts, rootDigest } from './state.ts';

const { texts } = richLog().node;

function folded(runs: readonly (readonly string[])[]): {
  fold: LogFold;
  commits: RefoldedCommit[];
} {
  const fold = new LogFold(nodeModules());
  const commits = [...runs.map((run) => fold.take(run)), fold.finish()].flatMap((taken) => {
    assert.ok(taken.ok, JSON.stringify(taken));
    return taken.value;
  });
  return { fold, commits };
}

test('every commit of a log folds to the state it carries, however its texts come', () => {
  const cuts = fc.array(fc.nat(texts.length), { maxLength: 8 });
  fc.assert(
    fc.property(cuts, (at) => {
      const bounds = [0, ...at.sort((one, other) => one - other), texts.length];
      const runs = bounds.slice(1).map((end, index) => texts.slice(bounds[index], end));
      const { fold, commits } = folded(runs);
      const tree = new StateTree();
      for (const { changes, stateRoot } of commits) {
        applyTexts(tree, changes);
        assert.equal(rootDigest(tree), stateRoot);
      }
      assert.equal(commits.at(-1)?.size, texts.length);
      const report = fold.report(texts.length);
      assert.equal(report.state_root, rootDigest(tree));
      assert.equal(report.commits, commits.length);
      const objects = Object.values(report.objects).reduce((sum, count) => sum + count, 0);
      assert.equal(objects, [...fold.heads.all()].length);
    }),
    { numRuns: 20 },
  );
});

test('what cannot be folded is refused, not thrown', () => {
  const refused = (run: readonly string[]): string => {
    const fold = new LogFold(nodeModules());
    const taken = fold.take(run);
    const last = taken.ok ? fold.finish() : taken;
    return last.ok ? 'folded' : last.error.code;
  };
  assert.equal(refused(['{']), 'log.entry_invalid');
  assert.equal(refused(texts.slice(0, 1)), 'log.open_end');
  assert.equal(refused(texts.slice(1)), 'log.bad_commit');
  assert.equal(
    refused(texts.map((text) => text.replace('boundary/', 'nowhere/'))),
    'operation.unknown',
  );
});
