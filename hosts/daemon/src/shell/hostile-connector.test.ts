import assert from 'node:assert/strict';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { after, before, test } from 'node:test';
import { markersFor } from '@ioi/drivers';
import { OperationDesk } from '@ioi/guardian/shell';
import type { ActionRequest, LogEntry } from '@ioi/protocol';
import { type Invocation, unsent } from '@ioi/wallet';
import { EdgeLine } from '@ioi/wallet/client';
import { serveLine } from '@ioi/wallet/shell';
import { ConnectorBed } from '../testing/connector-bed.ts';
import { hashOf, proposed } from '../testing/node-kit.ts';

let bed: ConnectorBed;
let grant: string;

before(async () => {
  bed = await ConnectorBed.start(({ headers }, response) => {
    response.setHeader(`x-${headers.authorization?.slice('Bearer '.length)}`, 'as a name');
    response.end(JSON.stringify({ got: headers.authorization }));
  });
  grant = await bed.grant();
});

after(() => bed.close());

const never = new AbortController().signal;

test('what is sealed is performed once, and told with a receipt', async () => {
  const invocation = await bed.sealed('hello', grant);
  const performed = await bed.egress.invoke(invocation, never);
  assert.ok(performed.ok, JSON.stringify(performed));
  const { result, receipt } = performed.value;
  assert.match(JSON.stringify(result), /Bearer \[redacted\]/);
  assert.doesNotMatch(JSON.stringify(performed.value), new RegExp(bed.secret));
  assert.equal(receipt.payload.receipt.prev_receipt_id, 'rcpt_000');
  assert.equal(receipt.payload.receipt.result_hash, hashOf(result.payload.mcp.result));
  const seen = bed.api.seen.length;
  const again = await bed.egress.invoke(invocation, never);
  assert.equal(again.ok ? '' : again.error.code, 'lease.used');
  assert.equal(bed.api.seen.length, seen);
});

test('of what is sealed nothing can be changed, and nothing else is performed', async () => {
  const sound = await bed.sealed('pay 1', grant);
  const other = await bed.sealed('pay 2', grant);
  const { packet } = sound;
  const mcp = packet.payload.mcp;
  const asking = (changed: object) => ({ ...packet, payload: { mcp: { ...mcp, ...changed } } });
  const http = { method: 'DELETE', path: '/do', parameters: [] };
  const hostile: readonly Invocation[] = [
    { ...sound, packet: asking({ params: { note: 'pay 9' } }) },
    { ...sound, packet: asking({ method: 'tools/other' }) },
    { ...sound, packet: { ...packet, lease_id: other.packet.lease_id } },
    { ...sound, included: { ...sound.included, text: other.included.text } },
    { ...sound, included: { ...sound.included, path: [] } },
    {
      ...sound,
      included: { ...sound.included, text: sound.included.text.replace('pay 1', 'pay 9') },
    },
    { ...sound, contract: { ...bed.contract, secret_slots: ['other-key'] } },
    { ...sound, contract: { ...bed.contract, server: 'other' } },
    { ...sound, inputSchema: { ...bed.inputSchema, 'x-ioi-http': http } },
    { ...sound, note: sound.note.replace(/^(.*\n)(\d+)\n/, '$1999999\n') },
  ];
  const before = bed.api.seen.length;
  for (const [at, each] of hostile.entries()) {
    const performed = await bed.egress.invoke(each, never);
    assert.equal(performed.ok, false, `case ${at}`);
    assert.equal(performed.ok ? undefined : performed.error.isSent, false, `case ${at}`);
  }
  assert.equal(bed.api.seen.length, before);
  assert.ok((await bed.egress.invoke(sound, never)).ok, 'the sound one is performed all the same');
});

test('what was blocked, settled or answered gets no secret', async () => {
  const blocked = await bed.egress.invoke(await bed.sealed('no'), never);
  assert.equal(blocked.ok ? '' : blocked.error.code, 'edge.not_sealed');
  const given = await bed.sealed('given up', grant);
  const committed_hash = `sha256:${given.packet.lease_id.slice('lease_'.length)}`;
  assert.deepEqual(await bed.desk.answer({ kind: 'settle_operation', committed_hash }), {
    kind: 'operation',
    wasLeased: false,
  });
  const late = await bed.egress.invoke(given, never);
  assert.equal(late.ok ? '' : late.error.code, 'lease.used');
  const damaged = await bed.desk.answer({ kind: 'lease_operation', committed_hash: 'x' });
  assert.equal(damaged.kind, 'refused');
});

test('the secret of an act is told only while its grant holds', async () => {
  const revoked = await bed.grant();
  const late = await bed.sealed('late', revoked);
  const kept = await bed.sealed('kept', grant);
  await bed.revoke(revoked);
  const before = bed.api.seen.length;
  const refused = await bed.egress.invoke(late, never);
  assert.equal(refused.ok ? '' : refused.error.code, 'lease.revoked');
  assert.equal(bed.api.seen.length, before);
  assert.ok((await bed.egress.invoke(kept, never)).ok, 'others go on');
  const expires_at = String(bed.node.guardian.chainTime() + 60_000n);
  const short = await bed.sealed('short', await bed.grant({ expires_at }));
  bed.kit.tick(60_001n);
  const over = await bed.egress.invoke(short, never);
  assert.equal(over.ok ? '' : over.error.code, 'lease.revoked');
});

test('whoever registers a milder contract for an operation gets nothing sent', async () => {
  const milder: object[] = [
    { target: 'net::http::get::pay.do' },
    { authority_scopes: [] },
    { effect: 'read', risk_class: 'low' },
    { primitive_capabilities: [] },
  ];
  const before = bed.api.seen.length;
  for (const terms of milder) {
    const contract = { ...bed.contract, ...terms };
    await bed.node.writer.submit(proposed('contract.register', { contract }));
    const performed = await bed.egress.invoke(await bed.sealed('milder', grant, terms), never);
    assert.equal(performed.ok ? '' : performed.error.code, 'edge.not_sealed');
  }
  assert.equal(bed.api.seen.length, before);
});

/** What stands in the log of a call. */
function actOf({ included }: Invocation) {
  const entry = JSON.parse(included.text) as LogEntry;
  const { request } = entry.payload as { request: ActionRequest };
  const events = entry.events as { type: string; committed?: object }[];
  const { committed } = events.find(({ type }) => type === 'action.committed') ?? {};
  return { request, request_hash: hashOf(request), committed_hash: hashOf(committed) };
}

test('that nothing happened is not said of an act whose secret was told', async () => {
  const sealed = await bed.sealed('once', await bed.grant({ max_calls: '1' }));
  assert.ok((await bed.egress.invoke(sealed, never)).ok);
  const { contract } = sealed;
  const { request, request_hash: requestHash } = actOf(sealed);
  const { decision_hash: decisionHash } = bed.node.guardian.action(requestHash) ?? {};
  assert.ok(decisionHash);
  const bound = { contract, request, requestHash, decisionHash, facts: {}, output: undefined };
  const record = async (about: object): Promise<string> => {
    const recorded = await bed.node.writer.submit(
      proposed('action.receipt', {
        ...{ request_hash: requestHash, contract_hash: hashOf(contract), reported_error: false },
        ...{ markers: markersFor(bound), postconditions: [], ...about },
      }),
    );
    return recorded.ok ? 'ok' : recorded.error.code;
  };
  const lie = { outcome: 'failed_before_effect' };
  assert.equal(await record(lie), 'operation.not_authentic');
  assert.equal(await record({ outcome: 'effect_unknown' }), 'ok');
  const { execution_hash: reconciles } = bed.node.guardian.action(requestHash) ?? {};
  assert.equal(await record({ ...lie, reconciles }), 'operation.not_authentic');
  assert.equal(await record({ outcome: 'completed', reconciles }), 'ok');
});

test('what was leased and never sent did not happen', async () => {
  const { request_hash, committed_hash } = actOf(await bed.sealed('cut', grant));
  const asked = { name: 'pay-key', server: 'pay', origin: bed.api.origin };
  const lease = { kind: 'lease_operation', request_hash, committed_hash, ...asked };
  assert.equal((await bed.desk.answer(lease)).kind, 'leased');
  assert.ok(bed.desk.wasTold(request_hash));
  await bed.desk.answer({ kind: 'unsent_operation', committed_hash });
  assert.ok(!bed.desk.wasTold(request_hash));
  assert.equal((await bed.desk.answer(lease)).kind, 'refused');
});

test('what the vault did not tell was not sent, as nobody needs to say', async () => {
  const { request_hash, committed_hash } = actOf(await bed.sealed('locked', grant));
  const refusal = { code: 'vault.locked', message: 'the vault is locked' };
  const desk = new OperationDesk({
    path: join(bed.kit.folder, 'locked.db'),
    guardian: bed.node.guardian,
    vault: { answer: () => ({ kind: 'refused', refusal }) },
    sealKey: bed.kit.seal,
  });
  const asked = { name: 'pay-key', server: 'pay', origin: bed.api.origin };
  const lease = { kind: 'lease_operation', request_hash, committed_hash, ...asked };
  assert.deepEqual(await desk.answer(lease), { kind: 'refused', refusal });
  assert.ok(!desk.wasTold(request_hash));
  desk.close();
});

test('a login that is over, and cannot be renewed, is told before anything is sent', async () => {
  const tokens = { access_token: 'an-expired-token', token_type: 'bearer' };
  const secret = JSON.stringify({ tokens, expires_at: 1 });
  const other = await ConnectorBed.start((_, response) => response.end('{}'), {
    kind: 'oauth',
    secret,
  });
  const sealed = await other.sealed('late', await other.grant());
  const performed = await other.egress.invoke(sealed, never);
  assert.ok(!performed.ok);
  assert.deepEqual(
    [performed.error.code, performed.error.isSent],
    ['upstream.unauthorised', false],
  );
  assert.equal(other.api.seen.length, 0);
  assert.equal(other.desk.wasTold(actOf(sealed).request_hash), false);
  const [near, far] = duplexPair();
  const carry = async () => unsent('edge.other', 'nothing is carried here');
  const work = async () => performed;
  serveLine(far, carry, { invoke: work, exchange: work });
  const line = new EdgeLine(near);
  await assert.rejects(line.invoke({}), { code: 'upstream.unauthorised', isSent: false });
  line.close();
  other.close();
});
