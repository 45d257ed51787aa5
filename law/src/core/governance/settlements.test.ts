import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReceiptEnvelope, RecordSettlement } from '@ioi/protocol';
import { hashOf, smallLog, TestGovernor } from '../../testing/index.ts';
import { type AccumulatorHead, accumulate, accumulatorRoot, receiptLeaf } from './accumulator.ts';
import { governanceKeys } from './heads.ts';

const NAMES = ['alpha', 'beta'] as const;

function two(): { governor: TestGovernor; chains: [string, string] } {
  const governor = new TestGovernor(smallLog());
  const [alpha, beta] = NAMES.map((name) => governor.createChain(name)) as [string, string];
  return { governor, chains: [alpha, beta] };
}

test('two chains settle once, and the receipt is a leaf of both their roots', () => {
  const { governor, chains } = two();
  const payload = governor.settlement(NAMES, chains);
  const entry = governor.do('settlement.record', payload);
  const emitted = entry.events.find((event) => event['type'] === 'receipt.emitted');
  const { body } = (emitted as unknown as { receipt: ReceiptEnvelope }).receipt;
  assert.ok('net_amount' in body);
  assert.deepEqual([body.net_amount, body.asset_identifier], ['2.5', 'labor_gas']);
  assert.deepEqual(body.involved_chains, chains);
  assert.equal(body.receipt_root, accumulatorRoot(undefined));
  const expected = accumulate(undefined, receiptLeaf(body));
  for (const key of [governanceKeys.nodeReceipts, ...chains.map(governanceKeys.chainReceipts)]) {
    assert.deepEqual(governor.node.head<AccumulatorHead>(key), expected);
  }
  assert.equal(governor.try('settlement.record', payload), 'settlement.replayed');
  governor.do('settlement.record', governor.settlement(NAMES, chains));
  const head = governor.node.head<AccumulatorHead>(governanceKeys.chainReceipts(chains[0]));
  assert.equal(head?.size, 2);
});

test('a settlement that one side did not sign, or that was changed after, is refused', () => {
  const { governor, chains } = two();
  const { settlement } = governor.settlement(NAMES, chains);
  for (const names of [
    ['alpha', 'alpha'],
    ['beta', 'beta'],
    ['beta', 'alpha'],
  ] as const) {
    const payload = governor.signedSettlement(settlement, names);
    assert.equal(governor.try('settlement.record', payload), 'governance.unauthorised');
  }
  const { signatures } = governor.signedSettlement(settlement, NAMES);
  const changed = { settlement: { ...settlement, nonce: '99' }, signatures };
  assert.equal(governor.try('settlement.record', changed), 'governance.unauthorised');
  const one = { settlement, signatures: signatures.slice(0, 1) };
  assert.equal(governor.try('settlement.record', one), 'operation.invalid_payload');
});

test('a settlement is over both chains as they are now', () => {
  const { governor, chains } = two();
  const payload = governor.settlement(NAMES, chains);
  governor.do('chain.advance', governor.transition(chains[1], 'beta', 'next'));
  assert.equal(governor.try('settlement.record', payload), 'settlement.stale');
  governor.do('settlement.record', governor.settlement(NAMES, chains));
});

test('what moves goes between the two, and something does', () => {
  const { governor, chains } = two();
  const { settlement } = governor.settlement(NAMES, chains);
  const { payment: _, ...unpaid } = settlement;
  const [alpha, beta] = chains;
  const content_hash = hashOf('report');
  const wrong: RecordSettlement['settlement'][] = [
    { ...unpaid, transfers: [] },
    { ...unpaid, transfers: [{ from: alpha, to: alpha, content_hash }] },
    { ...unpaid, transfers: [{ from: alpha, to: hashOf('else'), content_hash }] },
    { ...settlement, parties: [settlement.parties[0]!, settlement.parties[0]!] },
  ];
  for (const each of wrong) {
    const payload = governor.signedSettlement(each, NAMES);
    assert.equal(governor.try('settlement.record', payload), 'settlement.malformed');
  }
  const transfers = [{ from: beta, to: alpha, content_hash }];
  governor.do('settlement.record', governor.signedSettlement({ ...unpaid, transfers }, NAMES));
});
