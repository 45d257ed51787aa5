import { deepEqual, equal } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { addressOf, rlp, signTransaction, transactionOf } from './evm.ts';

type Case = Readonly<Record<'nonce' | 'value' | 'gas' | 'tip' | 'fee' | 'raw', string>>;

/** From ethereumjs, packages/tx/test/json/eip1559.json: chain 7822. */
const url = new URL('./eip1559.vectors.json', import.meta.url);
const cases = JSON.parse(readFileSync(url, 'utf8')) as readonly Case[];
const KEY = '8f2a55949038a9610f50fb23b5883af3b4ecb3c3bb792cbcefbd1542c692be63';
const TO = '0x000000000000000000000000000000000000aaaa';

function intentOf({ value, gas, tip, fee }: Omit<Case, 'nonce' | 'raw'>) {
  const limits = { gas, max_fee_per_gas: fee, max_priority_fee_per_gas: tip };
  return { chain_id: '7822', to: TO, value, data: '0x', limits };
}

test('EIP-1559 transactions are signed as ethereumjs signs them', () => {
  for (const { nonce, raw, ...given } of cases) {
    const transaction = transactionOf(intentOf(given), nonce);
    if (!transaction.ok) throw new Error(transaction.error.message);
    equal(signTransaction(transaction.value, KEY).raw, raw);
  }
});

test('an address is that of its key, and lists are written by length', () => {
  equal(addressOf(KEY), '0xfe3b557e8fb62b89f4916b721be55ceb828dbd73');
  const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
  deepEqual(Buffer.from(rlp([text('cat'), text('dog')])).toString('hex'), 'c88363617483646f67');
  deepEqual(Buffer.from(rlp([])).toString('hex'), 'c0');
  equal(rlp(text('a'.repeat(56)))[0], 0xb8);
});

test('an intent whose numbers are none of a transaction is refused', () => {
  const sound = { value: '1', gas: '21000', tip: '1', fee: '2' };
  equal(transactionOf(intentOf({ ...sound, tip: '3' }), '0').ok, false);
  equal(transactionOf(intentOf({ ...sound, value: String(2n ** 256n) }), '0').ok, false);
});
