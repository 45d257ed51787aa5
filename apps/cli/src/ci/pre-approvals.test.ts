import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PreApproval } from '@ioi/protocol';
import { actHash } from '../core/ci/pre-approval.ts';
import { PreApprovals, type Terms } from './pre-approvals.ts';
import { openUsedFolder } from './used-folder.ts';

const act = { target: 'fs::write', params: { path: '/w/a' } };

function approvalOf(count: number, by = '1', until = Date.now() + 60_000): PreApproval {
  const one = { target: act.target, act_hash: actHash(act) ?? '' };
  const public_key = { algorithm: 'hybrid-ed25519-ml-dsa-44', ed25519: '', ml_dsa_44: '' } as const;
  const about = { key_id: `sha256:${by.repeat(64)}`, nonce: '1', commit: 'ab'.repeat(20) };
  const times = { issued: '0', until: String(until) };
  const pre_approval = { ...about, ...times, acts: new Array(count).fill(one) };
  return { pre_approval, public_key, signature: {} as PreApproval['signature'] };
}

function used(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-used-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function terms(usedFolder: string | undefined, needed = 1): Terms {
  return { needed, usedFolder };
}

function taken(approvals: PreApprovals): string | undefined {
  const found = approvals.take(act);
  return found?.isApproved === true ? 'approved' : found?.code;
}

test('an act is done as often as it was approved, however often the file is given', (t) => {
  for (const folder of [undefined, used(t)]) {
    const approval = approvalOf(2);
    const approvals = new PreApprovals([approval, structuredClone(approval)], terms(folder));
    const all = [1, 2, 3].map(() => taken(approvals));
    assert.deepEqual(all, ['approved', 'approved', 'pre_approval.used']);
    assert.equal(approvals.take({ ...act, params: {} }), undefined);
    const later = taken(new PreApprovals([approval], terms(folder)));
    assert.equal(later, folder === undefined ? 'approved' : 'pre_approval.used');
  }
});

test('where several keys are needed, so many approve each act, and of fewer none is used', (t) => {
  const folder = used(t);
  const [one, two, three] = ['1', '2', '3'].map((by) => approvalOf(1, by));
  assert.ok(one && two && three);
  const alone = new PreApprovals([one, structuredClone(one), approvalOf(3)], terms(folder, 2));
  assert.equal(taken(alone), 'pre_approval.too_few');
  const late = new PreApprovals([one, approvalOf(1, '2', Date.now() - 1)], terms(folder, 2));
  assert.equal(taken(late), 'pre_approval.expired');
  const both = new PreApprovals([one, two], terms(folder, 2));
  const found = both.take(act);
  assert.deepEqual(found?.isApproved === true && found.keyIds, [
    one.pre_approval.key_id,
    two.pre_approval.key_id,
  ]);
  assert.equal(taken(both), 'pre_approval.used');
  // For a later job the first of them is used up, and one fresh one is too few: it stays fresh.
  for (const few of [
    [one, three],
    [three, one],
  ]) {
    assert.equal(taken(new PreApprovals(few, terms(folder, 2))), 'pre_approval.used');
  }
  const fresh = new PreApprovals([approvalOf(1, '4'), three], terms(folder, 2));
  assert.equal(taken(fresh), 'approved');
});

test('what cannot be told to later jobs is not done, and the program is answered', (t) => {
  const gone = join(used(t), 'gone');
  assert.equal(taken(new PreApprovals([approvalOf(1)], terms(gone))), 'pre_approval.not_noted');
});

test('where the program may write nothing is noted', (t) => {
  const [work, away] = [used(t), used(t)];
  symlinkSync(away, join(work, 'link'));
  openUsedFolder(join(away, 'used'), [work]);
  openUsedFolder(join(work, 'link', 'used'), [work]);
  for (const folder of [work, join(work, 'deep', 'used')]) {
    assert.throws(() => openUsedFolder(folder, [work]), /may write/);
  }
  assert.throws(() => openUsedFolder(join(away, 'used'), [work, join(work, 'link')]), /may write/);
});
