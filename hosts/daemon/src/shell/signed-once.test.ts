import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { operationMessage, type ProposedOperation } from '@ioi/law';
import { NodeKit, proposed, started } from '../testing/node-kit.ts';

const MARKET = 'agentgres://domain/market.example';
const alice = generateHybridKey();

let kit: NodeKit;
afterEach(() => {
  kit.closeGuardian();
  kit.remove();
});

function signed(operation: ProposedOperation): ProposedOperation {
  const message = operationMessage(operation, MARKET);
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
