import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from '@ioi/basis';
import type { Approver } from './approver.ts';
import { DraftDesk } from './draft-desk.ts';
import type { PageSession } from './page-sessions.ts';

/** A policy is named for its text, and replaces what is `active`. */
function desk() {
  const at = { active: 'old' as string | undefined, signed: [] as unknown[] };
  const approver = {
    review: async (text: string) =>
      ok({
        policy_id: text,
        policy_hash: text,
        widening: 'wider',
        replaces: at.active,
        added: [],
        removed: [],
      }),
    activate: async (...given: unknown[]) => {
      at.signed.push(given);
      return ok({});
    },
  };
  return { at, drafts: new DraftDesk(approver as unknown as Approver) };
}

test('a policy is signed as it was shown, onto the policy it was compared with', async () => {
  const { at, drafts } = desk();
  const session = {} as PageSession;
  const refused = await drafts.propose(session, 'new', 'older');
  assert.equal(!refused.ok && refused.error.code, 'policy.moved');
  assert.equal((await drafts.activate(session, 'new', 'x')).ok, false, 'nothing is shown');
  assert.equal((await drafts.propose(session, 'new', 'old')).ok, true);
  assert.equal((await drafts.activate(session, 'other', 'x')).ok, false, 'another is shown');
  assert.deepEqual(at.signed, []);
  assert.equal((await drafts.activate(session, 'new', 'x')).ok, true);
  assert.deepEqual(at.signed, [['new', 'x', { replaces: 'old' }]]);
  assert.equal((await drafts.activate(session, 'new', 'x')).ok, false, 'it was signed');
  await drafts.propose(session, 'new', 'old');
  drafts.leave(session);
  assert.equal((await drafts.activate(session, 'new', 'x')).ok, false, 'it was left');
});
