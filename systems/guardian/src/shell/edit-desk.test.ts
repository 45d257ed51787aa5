import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from '@ioi/protocol';
import type { GuardianNotice, PendingItem } from '../core/index.ts';
import { EditDesk } from './edit-desk.ts';
import type { TokenDesk } from './token-desk.ts';

const HASH = `sha256:${'a'.repeat(64)}`;
const context = { agent_id: 'agent://x/y', session_id: HASH };
const request = {
  target: 'fs::write',
  params: { path: '/a', content: 'x', other: 1 },
  context,
  nonce: '1',
};

function desk(deliveryMs = 10_000) {
  const notices: GuardianNotice[] = [];
  const item = (hash: string) =>
    hash === HASH ? ({ request_hash: HASH, request } as unknown as PendingItem) : undefined;
  const tokens = { item } as unknown as TokenDesk;
  const edits = new EditDesk({ tokens, notify: (notice) => notices.push(notice), deliveryMs });
  return { edits, notices };
}

function brought(changed: object, params: object = {}, edits = HASH) {
  const payload = { edits, request: { ...request, ...changed, nonce: '2' } };
  payload.request = { ...payload.request, params: { ...payload.request.params, ...params } };
  return { operation_id: '1', operation: 'boundary/action.decide', payload };
}

const CHANGES = [{ path: ['path'], value: '/b' }];

test('nothing is an edit that no person ordered, or that changes more', async () => {
  const { edits, notices } = desk();
  const isStray = (about: ReturnType<typeof brought>) => edits.stray(about)?.code;
  assert.equal(isStray(brought({}, { path: '/b' })), 'edit.not_ordered');
  const ordered = edits.order(HASH, CHANGES);
  assert.deepEqual(notices, [{ kind: 'edited', request_hash: HASH, changes: CHANGES }]);
  assert.equal(isStray(brought({}, { path: '/b' })), undefined);
  assert.equal(isStray(brought({}, { path: '/b', content: 'y' })), 'edit.not_ordered');
  assert.equal(isStray(brought({}, { path: '/b', more: 1 })), 'edit.not_ordered');
  assert.equal(isStray(brought({ target: 'fs::remove' })), 'edit.not_ordered');
  const other = { context: { ...context, agent_id: 'agent://x/z' } };
  assert.equal(isStray(brought(other, { path: '/b' })), 'edit.not_ordered');
  assert.equal(isStray(brought({}, {}, `sha256:${'b'.repeat(64)}`)), 'edit.not_ordered');
  const again = await edits.order(HASH, CHANGES);
  assert.equal(!again.ok && again.error.code, 'edit.under_way');
  const receipt = { body: { request_hash: 'sha256:new', verdict: { kind: 'Allow' } } };
  const events = [{ type: 'receipt.emitted', receipt }];
  const entry = { ...brought({}, { path: '/b' }), events } as unknown as LogEntry;
  edits.ended(entry, { entry });
  const value = { request_hash: 'sha256:new', verdict: 'Allow' };
  assert.deepEqual(await ordered, { ok: true, value });
  assert.equal(isStray(brought({}, { path: '/b' })), 'edit.not_ordered', 'once');
});

test('an edit that the daemon refuses, or never brings, was none', async () => {
  const { edits } = desk(20);
  const refused = edits.order(HASH, CHANGES);
  edits.refused(HASH, { code: 'edit.blocked', message: 'by rule r' });
  assert.deepEqual(await refused, {
    ok: false,
    error: { code: 'edit.blocked', message: 'by rule r' },
  });
  const late = await edits.order(HASH, CHANGES);
  assert.equal(!late.ok && late.error.code, 'daemon.no_answer');
  const strange = await edits.order(HASH, [{ path: ['nothing'], value: 1 }]);
  assert.equal(!strange.ok && strange.error.code, 'edit.no_such_value');
  assert.equal((await edits.order(HASH, [])).ok, false);
  assert.equal((await edits.order('sha256:none', CHANGES)).ok, false);
});

test('no other figure is brought than the one a person put in', () => {
  const { edits } = desk();
  void edits.order(HASH, [{ path: ['other'], value: 10 }]);
  assert.equal(edits.stray(brought({}, { other: 10 })), undefined);
  assert.equal(edits.stray(brought({}, { other: 10_000 }))?.code, 'edit.not_ordered');
  edits.refused(HASH, { code: 'x', message: 'over' });
  void edits.order(HASH, [{ path: ['other'], value: { amounts: [1, 2], isDry: true } }]);
  const meant = { amounts: [1, 2], isDry: true };
  assert.equal(edits.stray(brought({}, { other: meant })), undefined);
  for (const other of [
    { ...meant, amounts: [1, 3] },
    { ...meant, isDry: false },
  ]) {
    assert.equal(edits.stray(brought({}, { other }))?.code, 'edit.not_ordered');
  }
  edits.refused(HASH, { code: 'x', message: 'over' });
});
