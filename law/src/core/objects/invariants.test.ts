import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleObjects, sampleService, TestDomain } from '../../testing/index.ts';
import { aggregateId } from './form.ts';
import { type InvariantHead, keys, type TallyHead } from './heads.ts';

const domain_id = 'agentgres://domain/test';
const price = { object_class: 'Service', measure: 'sum', pointer: '/price_cents' };
const listed = { pointer: '/state', equals: 'listed' };

const sum = (where?: object) => ({ aggregate: where ? { ...price, where } : price });
const atMost = (left: object, value: number) => ({ op: 'le', args: [left, { value }] });

function invariant(id: string, expression: object | undefined, mode = 'enforce') {
  return {
    invariant_id: `inv_${id}`,
    domain_id,
    invariant_type: 'settlement',
    mode,
    ...(expression ? { expression } : {}),
  };
}

const check = (id: string, result: string, more: object = {}) => ({
  invariant_id: `inv_${id}`,
  domain_id,
  invariant_type: 'settlement',
  operation_refs: [`op://op_${'1'.repeat(32)}`],
  result,
  violation_refs: [],
  receipt_root: `sha256:${'2'.repeat(64)}`,
  ...more,
});

const service = (id: string, price_cents: number, state = 'listed') => ({
  object_class: 'Service',
  id,
  value: { name: id, price_cents, state, owner: 'o' },
});

test('an enforced invariant refuses what would break it, over all steps at once', () => {
  const domain = sampleObjects(0);
  domain.must('invariant.define', invariant('sum', atMost(sum(listed), 100)));
  assert.equal(domain.verdict('put', service('a', 60)), 'admitted');
  assert.equal(domain.verdict('put', service('b', 50)), 'invariant.broken');
  assert.equal(domain.verdict('put', service('b', 50, 'draft')), 'admitted');
  const state = (id: string, to: string) => ({
    action: 'patch',
    object_class: 'Service',
    id,
    patch: { state: to },
  });
  assert.equal(domain.verdict('transact', { steps: [state('b', 'listed')] }), 'invariant.broken');
  const swap = [state('b', 'listed'), state('a', 'retired')];
  assert.equal(domain.verdict('transact', { steps: swap }), 'admitted');
  const id = aggregateId({ measure: 'sum', pointer: '/price_cents', where: listed });
  assert.deepEqual(domain.head<TallyHead>(keys.tally('Service', id)), { total: '50' });
  domain.must('delete', { object_class: 'Service', id: 'b' });
  assert.equal(domain.head(keys.tally('Service', id)), undefined);
});

test('an invariant compares kept numbers of several classes with each other', () => {
  const domain = sampleObjects(0);
  const fields = { amount: { type: 'decimal' } };
  const schema = { type: 'object', fields };
  domain.must('class.define', { object_class: 'Payment', schema_version: '1.0.0', schema });
  const paid = { aggregate: { object_class: 'Payment', measure: 'sum', pointer: '/amount' } };
  domain.must('invariant.define', invariant('paid', { op: 'le', args: [sum(), paid] }));
  assert.equal(domain.verdict('put', service('a', 1)), 'invariant.broken');
  domain.must('put', { object_class: 'Payment', id: 'p', value: { amount: '1.5' } });
  assert.equal(domain.verdict('put', service('a', 1)), 'admitted');
  const less = { object_class: 'Payment', id: 'p', patch: { amount: '0.99' } };
  assert.equal(domain.verdict('patch', less), 'invariant.broken');
});

test('a check is recorded with the result that follows, and with no other', () => {
  const domain = sampleObjects(0);
  domain.must('invariant.define', invariant('sum', atMost(sum(), 100), 'record'));
  domain.must('put', service('a', 60));
  assert.equal(
    domain.verdict('invariant.check', check('sum', 'fail')),
    'invariant.result_not_reproduced',
  );
  assert.equal(domain.verdict('invariant.check', check('sum', 'pass')), 'admitted');
  domain.must('put', service('b', 60));
  const failed = check('sum', 'fail', { violation_refs: ['violation://service/b'] });
  assert.equal(
    domain.verdict('invariant.check', check('sum', 'pass')),
    'invariant.result_not_reproduced',
  );
  const entry = domain.must('invariant.check', failed);
  assert.deepEqual(entry.events, [{ type: 'invariant.checked', check: failed }]);
  const head = domain.head<InvariantHead>(keys.invariant('inv_sum'));
  assert.deepEqual(head?.last_check, { check: failed, seq: entry.seq });
  const refused = [
    check('none', 'pass'),
    check('sum', 'pass', { violation_refs: ['violation://x'] }),
    check('sum', 'fail', { invariant_type: 'policy' }),
    check('sum', 'fail', { domain_id: 'agentgres://domain/other' }),
  ].map((each) => domain.verdict('invariant.check', each));
  const mismatch = 'invariant.mismatch';
  assert.deepEqual(refused, ['invariant.unknown', mismatch, mismatch, mismatch]);
});

test('what no kept number can tell, its author attests', () => {
  const domain = new TestDomain();
  const attested = invariant('receipts', undefined, 'record');
  domain.must('invariant.define', attested);
  for (const result of ['pass', 'warn', 'fail']) {
    assert.equal(domain.verdict('invariant.check', check('receipts', result)), 'admitted');
  }
  const enforced = invariant('other', undefined, 'enforce');
  assert.equal(domain.verdict('invariant.define', enforced), 'invariant.invalid');
});

test('numbers are kept from the first object on, and a count always', () => {
  const domain = sampleObjects(3);
  const late = invariant('sum', atMost(sum(), 1_000_000));
  assert.equal(domain.verdict('invariant.define', late), 'invariant.late');
  const count = { aggregate: { object_class: 'Service', measure: 'count' } };
  const broken = invariant('two', atMost(count, 2));
  assert.equal(domain.verdict('invariant.define', broken), 'invariant.broken');
  domain.must('invariant.define', invariant('three', atMost(count, 3)));
  assert.equal(domain.verdict('put', sampleService(7)), 'invariant.broken');
  const drop = () => domain.verdict('invariant.drop', { invariant_id: 'inv_three' });
  assert.deepEqual([drop(), drop()], ['admitted', 'invariant.unknown']);
  assert.equal(domain.verdict('put', sampleService(7)), 'admitted');
  const again = invariant('three', atMost(count, 9));
  assert.equal(domain.verdict('invariant.define', again), 'invariant.exists');
});

test('an invariant over what the class does not have is refused', () => {
  const over = (aggregate: object) => atMost({ aggregate }, 1);
  const refused = [
    over({ ...price, object_class: 'Stranger' }),
    over({ ...price, pointer: '/name' }),
    over({ ...price, pointer: '/nothing' }),
    over({ ...price, measure: 'average' }),
    over({ ...price, measure: 'count' }),
    over({ ...price, where: { pointer: '/state', equals: 'sold' } }),
    over({ ...price, where: { pointer: '/name', equals: 'a' } }),
    over({ ...price, where: 'listed' }),
    { op: 'eq', args: [sum(), { value: 'text' }] },
    sum(),
  ].map((each, at) => sampleObjects(0).verdict('invariant.define', invariant(`i${at}`, each)));
  const invalid = Array.from({ length: 9 }, () => 'invariant.invalid');
  assert.deepEqual(refused, ['class.unknown', ...invalid]);
});
