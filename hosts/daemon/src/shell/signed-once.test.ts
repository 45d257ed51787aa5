import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { logNameOf, operationMessage, type ProposedOperation } from '@ioi/law';
import { readEntry, signBatch } from '@ioi/law/testing';
import { NodeKit, proposed, started } from '../testing/node-kit.ts';

const MARKET = 'agentgres://domain/market.example';
const alice = generateHybridKey();

let kit: NodeKit;
afterEach(() => {
  kit.closeGuardian();
  kit.remove();
});

function signed(operation: ProposedOperation): ProposedOperation {
  const message = operationMessage(operation, logNameOf({ ...kit.genesis, domain_id: MARKET }));
  assert.ok(message.ok);
  const signature = signHybrid(alice, 'SIG_DOMAIN_OPERATION', message.value);
  return { ...operation, authenticated_by: { kind: 'signature', signature } };
}

const put = (n: number) => proposed('objects/put', { object_class: 'S', id: 'x', value: { n } });

test('what a key signed is admitted once, also within one batch', async () => {
  kit = new NodeKit();
  const { guardian, writer } = await started(kit);
  assert.ok((await writer.submit(proposed('domain/open', { domain_id: MARKET }))).ok);
  guardian.open(MARKET);
  const schema = { type: 'object', fields: { n: { type: 'integer' } } };
  const define = { object_class: 'S', schema_version: '1.0.0', schema };
  const register = { public_key: alice.publicKey, operations: ['objects/*'] };
  const [one, two] = [signed(put(1)), signed(put(2))];
  const prepared = await guardian.prepare(
    MARKET,
    [
      proposed('objects/class.define', define),
      proposed('domain/principal.register', register),
      one,
      two,
      one,
    ],
    {},
  );
  assert.ok(prepared.ok);
  const told = prepared.value.results.map((each) => ('code' in each ? each.code : 'admitted'));
  const duplicate = 'operation.duplicate';
  assert.deepEqual(told, ['admitted', 'admitted', 'admitted', 'admitted', duplicate]);
  const later = await guardian.prepare(MARKET, [one], {});
  assert.ok(later.ok && later.value.results.every((each) => 'code' in each));
});

test('a signed batch has its signature once in a commit, and is admitted once', async () => {
  kit = new NodeKit();
  const { guardian, writer } = await started(kit);
  assert.ok((await writer.submit(proposed('domain/open', { domain_id: MARKET }))).ok);
  guardian.open(MARKET);
  const schema = { type: 'object', fields: { n: { type: 'integer' } } };
  const define = { object_class: 'S', schema_version: '1.0.0', schema };
  const register = { public_key: alice.publicKey, operations: ['objects/*'] };
  const log = logNameOf({ ...kit.genesis, domain_id: MARKET });
  const batch = signBatch(alice, log, [1, 2, 3].map(put));
  const first = [
    proposed('objects/class.define', define),
    proposed('domain/principal.register', register),
  ];
  const prepared = await guardian.prepare(MARKET, [...first, ...batch], {});
  assert.ok(prepared.ok);
  const kinds = prepared.value.entries.map((text) => readEntry(text).entry.authenticated_by.kind);
  assert.deepEqual(kinds.slice(-3), ['batch', 'batch_member', 'batch_member']);
  const again = await guardian.prepare(MARKET, batch, {});
  const codes = again.ok && again.value.results.map((each) => 'code' in each && each.code);
  assert.deepEqual(
    codes,
    batch.map(() => 'operation.duplicate'),
  );
  const entry = readEntry(prepared.value.entries.at(-1) ?? '').entry;
  const brought = { ...entry, operation_id: proposed('objects/put', {}).operation_id };
  const [named] = signBatch(alice, log, [put(4)]);
  assert.ok(named);
  const posed = { ...named, authenticated_by: brought.authenticated_by };
  const refused = await guardian.prepare(MARKET, [posed], {});
  const [told] = refused.ok ? refused.value.results : [];
  assert.equal(told && 'code' in told && told.code, 'operation.not_authentic');
});

test('an id is taken by what stands in the log, not by what was refused under it', async () => {
  kit = new NodeKit();
  const { writer } = await started(kit);
  const { operation_id } = proposed('domain/open', {});
  const open = (domain_id: string) => {
    return writer.submit({ ...proposed('domain/open', { domain_id }), operation_id });
  };
  // While the first is made durable the others queue, and go into one commit.
  const [, forged, genuine, again] = await Promise.all([
    writer.submit(proposed('domain/open', { domain_id: 'agentgres://domain/other.example' })),
    open('agentgres://domain/1'),
    open(MARKET),
    open(MARKET),
  ]);
  assert.equal(forged.ok ? 'sealed' : forged.error.code, 'domain.name_reserved');
  assert.ok(genuine.ok, 'the one that was refused left the id free');
  assert.equal(again.ok ? 'sealed' : again.error.code, 'operation.duplicate');
  const later = await open(MARKET);
  assert.equal(later.ok ? 'sealed' : later.error.code, 'operation.duplicate');
});
