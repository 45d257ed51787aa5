import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { until } from '@ioi/basis/testing';
import type { LogEntry } from '@ioi/protocol';
import { ConnectorBed } from '../testing/connector-bed.ts';
import { hashOf } from '../testing/node-kit.ts';

let bed: ConnectorBed;
afterEach(() => bed.close());

const never = new AbortController().signal;

/** A connector whose server answers when it is told to, and the edge hooked to revocations. */
async function begun() {
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  let cut = false;
  bed = await ConnectorBed.start(async (_, response, incoming) => {
    incoming.socket.once('close', () => {
      cut = true;
    });
    arrived.resolve();
    await answer.promise;
    response.end('{}');
  });
  bed.node.guardian.onRevocation(() => void bed.desk.endRevoked(bed.edge));
  return { arrived: arrived.promise, answer: answer.resolve, wasCut: () => cut };
}

test('what runs under a grant ends at the edge with the seal that takes it back', async () => {
  const { arrived, wasCut } = await begun();
  const grant = await bed.grant();
  const running = bed.egress.invoke(await bed.sealed('slow', grant), never);
  await arrived;
  await bed.revoke(grant);
  const ended = await running;
  assert.equal(ended.ok ? '' : ended.error.code, 'upstream.died');
  assert.ok(!ended.ok && ended.error.isSent, 'nobody knows what became of it');
  await until('it is cut', wasCut);
});

test('what runs under another grant goes on', async () => {
  const { arrived, answer } = await begun();
  const [kept, revoked] = [await bed.grant(), await bed.grant()];
  const running = bed.egress.invoke(await bed.sealed('slow', kept), never);
  await arrived;
  await bed.revoke(revoked);
  answer();
  assert.ok((await running).ok);
});

test('what runs ends when the time of its grant is over', async () => {
  const { arrived } = await begun();
  const expires_at = String(bed.node.guardian.chainTime() + 60_000n);
  const grant = await bed.grant({ expires_at });
  const running = bed.egress.invoke(await bed.sealed('slow', grant), never);
  await arrived;
  await bed.desk.endRevoked(bed.edge);
  bed.kit.tick(60_001n);
  await bed.desk.endRevoked(bed.edge);
  const ended = await running;
  assert.equal(ended.ok ? '' : ended.error.code, 'upstream.died');
});

test('who brings an act again makes nobody forget that it was sent', async () => {
  const { arrived } = await begun();
  const grant = await bed.grant();
  const sealed = await bed.sealed('slow', grant);
  const { payload } = JSON.parse(sealed.included.text) as LogEntry;
  const requestHash = hashOf((payload as { request: object }).request);
  const running = bed.egress.invoke(sealed, never);
  await arrived;
  const again = await bed.egress.invoke(sealed, never);
  assert.equal(again.ok ? '' : again.error.code, 'lease.used');
  assert.ok(bed.desk.wasTold(requestHash), 'it may not be said that nothing happened');
  await bed.revoke(grant);
  const ended = await running;
  assert.equal(ended.ok ? '' : ended.error.code, 'upstream.died', 'and it ends with its grant');
  await bed.egress.invoke(sealed, never);
  assert.ok(bed.desk.wasTold(requestHash));
});
