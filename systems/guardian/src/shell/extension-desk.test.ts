import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionHead } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import type { GuardianNotice, PendingItem } from '../core/index.ts';
import { ExtensionDesk } from './extension-desk.ts';

const HASH = `sha256:${'a'.repeat(64)}`;
const HOUR_MS = 3_600_000n;

function desk(deliveryMs = 60_000) {
  const notices: GuardianNotice[] = [];
  const action = { state: 'pending', expires: '1000' } as ActionHead;
  const extensions = new ExtensionDesk({
    guardian: { action: () => action, chainTime: () => 0n },
    tokens: { item: (hash) => (hash === HASH ? ({} as PendingItem) : undefined) },
    notify: (notice) => notices.push(notice),
    deliveryMs,
  });
  return { extensions, notices };
}

function brought(expires: string, request_hash = HASH) {
  const payload = { request_hash, expires };
  return { operation_id: '1', operation: 'boundary/action.extend', payload };
}

test('nothing is given time that no person gave it, nor other than that', async () => {
  const { extensions, notices } = desk();
  const isStray = (expires: string, hash = HASH) => extensions.stray(brought(expires, hash))?.code;
  assert.equal(isStray('3601000'), 'operation.not_authentic');
  const ordered = extensions.order(HASH, HOUR_MS);
  assert.deepEqual(notices, [{ kind: 'extended', request_hash: HASH, expires: '3601000' }]);
  assert.equal(isStray('3601000'), undefined);
  assert.equal(isStray('3601001'), 'operation.not_authentic');
  assert.equal(isStray('3601000', `sha256:${'b'.repeat(64)}`), 'operation.not_authentic');
  const again = await extensions.order(HASH, HOUR_MS);
  assert.equal(!again.ok && again.error.code, 'extension.under_way');
  const refusal = { code: 'operation.not_authentic', message: 'a forgery' };
  extensions.ended(brought('9999999'), { refusal });
  const entry = brought('3601000') as unknown as LogEntry;
  extensions.ended(entry, { entry });
  assert.deepEqual(await ordered, { ok: true, value: entry.payload });
  assert.equal(isStray('3601000'), 'operation.not_authentic', 'once');
});

test('more time that the log refuses, or that is never brought, was not given', async () => {
  const { extensions } = desk(20);
  const refused = extensions.order(HASH, HOUR_MS);
  const refusal = { code: 'action.not_pending', message: 'it was decided' };
  extensions.ended(brought('3601000'), { refusal });
  assert.deepEqual(await refused, { ok: false, error: refusal });
  const late = await extensions.order(HASH, HOUR_MS);
  assert.equal(!late.ok && late.error.code, 'daemon.no_answer');
  assert.equal(extensions.stray(brought('3601000'))?.code, 'operation.not_authentic');
  const long = await extensions.order(HASH, 999n * HOUR_MS);
  assert.equal(!long.ok && long.error.code, 'extension.too_long');
  const strange = await extensions.order('sha256:none', HOUR_MS);
  assert.equal(!strange.ok && strange.error.code, 'action.not_pending');
});
