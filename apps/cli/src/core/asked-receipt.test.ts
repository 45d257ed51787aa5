import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otherThanAsked, receiptAmong } from './asked-receipt.ts';

const MARKET = 'agentgres://domain/market.example';
const asked = { receiptId: 'receipt_a', domainId: MARKET, seq: '7' };

test('a receipt of another id, domain or entry is not the one that was asked for', () => {
  assert.equal(otherThanAsked(asked, asked), undefined);
  for (const domain of ['market.example', MARKET]) {
    assert.equal(otherThanAsked({ ...asked, domain }, asked), undefined);
  }
  const other = 'agentgres://domain/other.example';
  assert.match(otherThanAsked(asked, { ...asked, receiptId: 'receipt_b' }) ?? '', /receipt_b/);
  assert.match(otherThanAsked(asked, { ...asked, domainId: other }) ?? '', /other\.example/);
  assert.match(otherThanAsked(asked, { ...asked, seq: '8' }) ?? '', /entry 8/);
  assert.match(otherThanAsked({ ...asked, domain: 'other.example' }, asked) ?? '', /market/);
});

test('an id of a receipt that an entry did not give names none of its receipts', () => {
  const ids = ['receipt_a1', 'receipt_b1'];
  assert.equal(receiptAmong(ids, 'receipt_b'), 'receipt_b1');
  assert.equal(receiptAmong(ids, 'receipt_c'), undefined);
  assert.equal(receiptAmong(ids, 'sha256:aa'), 'receipt_a1');
  assert.equal(receiptAmong([], '7'), undefined);
});
