import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuntimeToolContract } from '@ioi/protocol';
import { mailContract } from '../../testing/index.ts';
import { paymentCall, paymentFault } from './payment-call.ts';

const value = (argument: string, parameter: string) =>
  ({ argument, parameter, kind: 'value' }) as const;

const till: RuntimeToolContract = {
  ...mailContract,
  ...{ server: 'till', tool: 'pay', target: 'wallet::spend' },
  authority_scopes: ['scope:till.pay'],
  parameters: [value('sum', 'amount'), value('to', 'payee'), value('note', 'memo')],
};
const amount = { amount: '9.50', unit: 'usd' };
const params = { amount, payee: 'shop', memo: 'paper' };

function codeOf(given: Parameters<typeof paymentCall>[0], ...bound: RuntimeToolContract[]): string {
  const called = paymentCall(given, bound);
  return called.ok ? 'called' : called.error.code;
}

test('a payment is a call of the tool that pays, in the names of its arguments', () => {
  const called = paymentCall(params, [mailContract, till]);
  assert.ok(called.ok, JSON.stringify(called));
  assert.equal(called.value.contract, till);
  assert.deepEqual(called.value.arguments, { sum: amount, to: 'shop', note: 'paper' });
});

test('where nothing pays, or several do, nothing is called', () => {
  assert.equal(codeOf(params), 'spend.no_connector');
  assert.equal(codeOf(params, mailContract), 'spend.no_connector');
  const other = { ...till, server: 'bank' };
  assert.equal(codeOf(params, till, other), 'spend.which_connector');
  assert.equal(codeOf({ ...params, server: 'bank' }, till, other), 'called');
  assert.equal(codeOf({ ...params, server: 'none' }, till, other), 'spend.no_connector');
  assert.equal(codeOf({ ...params, server: 'till' }, till, till), 'spend.which_connector');
});

test('a contract by which one pays takes amount, payee and scope, and is done at most once', () => {
  const unfit: readonly Partial<RuntimeToolContract>[] = [
    { parameters: till.parameters.slice(1) },
    { parameters: till.parameters.slice(0, 1) },
    { authority_scopes: [] },
    { effect: 'idempotent' },
    { effect: 'read' },
  ];
  for (const each of unfit) {
    assert.equal(codeOf(params, { ...till, ...each }), 'spend.connector_unfit');
  }
});

test('what is no amount, no payee or no parameter is refused before it is counted', () => {
  const refused = [
    { ...params, amount: '9.50' },
    { ...params, amount: { amount: 9.5, unit: 'usd' } },
    { ...params, amount: { amount: '0.00', unit: 'usd' } },
    { ...params, amount: { amount: '-1', unit: 'usd' } },
    { ...params, amount: { amount: '1', unit: '' } },
    { ...params, amount: { ...amount, value: 950_000 } },
    { ...params, line_items: [{ amount: { amount: '1', unit: 'usd' } }] },
    { amount },
    { amount, payee: '' },
    { amount, payee: 'x'.repeat(257) },
    { ...params, tip: '1' },
  ];
  for (const each of refused) {
    assert.equal(codeOf(each, till), 'step.params_invalid', JSON.stringify(each).slice(0, 80));
  }
});

test('a tool that pays is held to the same, by whatever name it is called', () => {
  const called = { sum: amount, to: 'shop', note: 'paper' };
  const codeFor = (contract: RuntimeToolContract, given: object): string | undefined =>
    paymentFault(contract, { ...given })?.code;
  assert.equal(codeFor(till, called), undefined);
  assert.equal(codeFor({ ...till, authority_scopes: [] }, called), 'spend.connector_unfit');
  for (const each of [
    { to: 'shop' },
    { ...called, sum: { amount: '1e3', unit: 'usd' } },
    { ...called, sum: { ...amount, currency: 'eur' } },
    { sum: amount },
  ]) {
    assert.equal(codeFor(till, each), 'step.params_invalid', JSON.stringify(each));
  }
  assert.equal(codeFor(mailContract, {}), undefined);
});
