import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestDomain } from '../../testing/index.ts';
import { keys } from './heads.ts';

const DOMAIN = 'agentgres://domain/test';

const schema = {
  type: 'object',
  fields: {
    name: { type: 'text', optional: true },
    room: { type: 'text', optional: true },
    price: { type: 'decimal', optional: true },
    count: { type: 'integer', optional: true },
    from: { type: 'time', optional: true },
    to: { type: 'time', optional: true },
    state: { type: 'enum', values: ['draft', 'listed', 'gone'], optional: true },
    owner: { type: 'ref', object_class: 'Owner', optional: true },
    extra: { type: 'json', optional: true },
    labels: { type: 'map', values: { type: 'text' }, optional: true },
  },
};

type Definition = {
  readonly type: string;
  readonly expression: object;
  readonly mode?: 'immediate' | 'deferred';
  readonly objectClass?: string;
};

function definition(id: string, { type, expression, mode, objectClass }: Definition) {
  return {
    constraint_id: `con_${id}`,
    domain_id: DOMAIN,
    object_class: objectClass ?? 'Thing',
    constraint_type: type,
    expression,
    enforcement_mode: mode ?? 'immediate',
    violation_receipt_type: 'validation',
  };
}

/** A domain with the classes Thing and Owner, and these constraints on Thing. */
function domainWith(...definitions: Definition[]): TestDomain {
  const domain = new TestDomain();
  domain.must('class.define', { object_class: 'Thing', schema_version: '1.0.0', schema });
  const fields = { name: { type: 'text' } };
  const ownerSchema = { type: 'object', fields };
  const owner = { object_class: 'Owner', schema_version: '1.0.0', schema: ownerSchema };
  domain.must('class.define', owner);
  definitions.forEach((each, at) => {
    domain.must('constraint.define', definition(`c${at}`, each));
  });
  return domain;
}

const thing = (id: string, value: object) => ({ object_class: 'Thing', id, value });
const owner = (id: string) => ({ object_class: 'Owner', id, value: { name: id } });
const gone = (object_class: string, id: string) => ({ object_class, id });

/** Verdicts of puts, one after another, on objects a, b, c … */
function verdicts(domain: TestDomain, ...values: object[]): string[] {
  return values.map((value, at) => domain.verdict('put', thing('abcdefgh'[at]!, value)));
}

test('required: something other than null stands at the pointer', () => {
  const domain = domainWith({ type: 'required', expression: { pointers: ['/extra/deep'] } });
  const no = 'constraint.required';
  const values = [{}, { extra: { deep: null } }, { extra: [1] }, { extra: { deep: 0 } }];
  assert.deepEqual(verdicts(domain, ...values), [no, no, no, 'admitted']);
});

test('unique: one object for each tuple; what lacks a part takes no part', () => {
  const domain = domainWith({ type: 'unique', expression: { pointers: ['/name', '/price'] } });
  const same = { name: 'n', price: '1.50' };
  assert.deepEqual(
    verdicts(domain, same, { name: 'n', price: '1.5' }, { name: 'n' }, { name: 'n' }),
    ['admitted', 'constraint.unique', 'admitted', 'admitted'],
  );
  domain.must('patch', { object_class: 'Thing', id: 'a', patch: { price: '2' } });
  assert.equal(domain.verdict('put', thing('b', same)), 'admitted');
  domain.must('delete', gone('Thing', 'b'));
  assert.equal(domain.verdict('put', thing('h', same)), 'admitted');
});

test('foreign_ref: what is named is there, and stays as long as it is named', () => {
  const expression = { pointer: '/owner', object_class: 'Owner' };
  const domain = domainWith({ type: 'foreign_ref', expression });
  const no = 'constraint.foreign_ref';
  assert.equal(domain.verdict('put', thing('a', { owner: 'o' })), no);
  domain.must('put', owner('o'));
  domain.must('put', owner('p'));
  assert.deepEqual(verdicts(domain, { owner: 'o' }, { owner: 'o' }), ['admitted', 'admitted']);
  assert.equal(domain.verdict('delete', gone('Owner', 'o')), no);
  domain.must('delete', gone('Thing', 'a'));
  assert.equal(domain.verdict('delete', gone('Owner', 'o')), no);
  domain.must('put', thing('b', { owner: 'p' }));
  assert.equal(domain.verdict('delete', gone('Owner', 'o')), 'admitted');
});

test('check: the condition is true, and what cannot be told is not', () => {
  const args = [
    { op: 'multiply', args: [{ field: '/price' }, { field: '/count' }] },
    { value: 10 },
  ];
  const domain = domainWith({ type: 'check', expression: { op: 'le', args } });
  const no = 'constraint.check';
  const values = [{ price: '2.5', count: 4 }, { price: '2.51', count: 4 }, { price: '1' }];
  assert.deepEqual(verdicts(domain, ...values), ['admitted', no, no]);
});

test('exclusion: ranges of one key do not overlap, and may touch', () => {
  const expression = { pointers: ['/room'], from: '/from', to: '/to' };
  const domain = domainWith({ type: 'exclusion', expression });
  const stay = (room: string, from: string, to: string) => ({ room, from, to });
  const no = 'constraint.exclusion';
  assert.deepEqual(
    verdicts(
      domain,
      stay('r', '10', '20'),
      stay('r', '19', '30'),
      stay('r', '20', '30'),
      stay('s', '5', '50'),
      stay('r', '9', '9'),
      { room: 'r' },
    ),
    ['admitted', no, 'admitted', 'admitted', no, 'admitted'],
  );
  domain.must('put', thing('a', stay('r', '12', '18')));
  domain.must('delete', gone('Thing', 'c'));
  assert.equal(domain.verdict('put', thing('b', stay('r', '18', '30'))), 'admitted');
});

test('exclusion: as many ranges as are kept under one key, and no more', () => {
  const expression = { pointers: [], from: '/from', to: '/to' };
  const domain = domainWith({ type: 'exclusion', expression });
  const put = (at: number) =>
    domain.verdict('put', thing(`t${at}`, { from: `${at}`, to: `${at + 1}` }));
  for (let at = 0; at < 256; at += 1) assert.equal(put(at), 'admitted');
  assert.equal(put(256), 'constraint.exclusion_full');
  domain.must('delete', gone('Thing', 't7'));
  assert.equal(put(256), 'admitted');
});

test('schema_type: what stands at the pointer is of the type', () => {
  const expression = { pointer: '/extra', type: { type: 'list', items: { type: 'integer' } } };
  const domain = domainWith({ type: 'schema_type', expression });
  const no = 'constraint.schema_type';
  assert.deepEqual(verdicts(domain, { extra: [1] }, { extra: ['1'] }, {}), [
    'admitted',
    no,
    'admitted',
  ]);
});

test('cardinality: a group grows to its maximum and does not fall below its minimum', () => {
  const domain = domainWith({
    type: 'cardinality',
    expression: { min: 1, max: 2, pointers: ['/room'] },
  });
  const no = 'constraint.cardinality';
  const [r, s] = [{ room: 'r' }, { room: 's' }];
  assert.deepEqual(verdicts(domain, r, r, r, s, {}), [
    'admitted',
    'admitted',
    no,
    'admitted',
    'admitted',
  ]);
  assert.equal(domain.verdict('put', thing('a', s)), 'admitted');
  assert.equal(domain.verdict('put', thing('b', s)), no);
  assert.equal(domain.verdict('delete', gone('Thing', 'b')), no);
  assert.equal(domain.verdict('delete', gone('Thing', 'e')), 'admitted');
});

test('temporal order: one time is not after another', () => {
  const kind = { kind: 'order', earlier: '/from', later: '/to' };
  const values = [
    { from: '9', to: '10' },
    { from: '5', to: '5' },
    { from: '6', to: '5' },
    { to: '1' },
  ];
  const no = 'constraint.temporal';
  const loose = domainWith({ type: 'temporal', expression: kind });
  assert.deepEqual(verdicts(loose, ...values), ['admitted', 'admitted', no, 'admitted']);
  const strict = domainWith({ type: 'temporal', expression: { ...kind, strict: true } });
  assert.deepEqual(verdicts(strict, ...values), ['admitted', no, no, 'admitted']);
});

test('temporal clock: a time, when written, is on its side of Chain Time', () => {
  const expression = { kind: 'clock', pointer: '/to', relation: 'not_before' };
  const domain = domainWith({ type: 'temporal', expression });
  domain.chainTime = 100n;
  const no = 'constraint.temporal';
  assert.deepEqual(verdicts(domain, { to: '100' }, { to: '99' }), ['admitted', no]);
  domain.chainTime = 200n;
  const patch = (members: object) =>
    domain.verdict('patch', { object_class: 'Thing', id: 'a', patch: members });
  assert.deepEqual([patch({ name: 'later' }), patch({ to: '150' })], ['admitted', no]);
  const past = domainWith({
    type: 'temporal',
    expression: { ...expression, relation: 'not_after' },
  });
  past.chainTime = 100n;
  assert.deepEqual(verdicts(past, { to: '100' }, { to: '101' }), ['admitted', no]);
});

test('temporal immutable_after: from a time on fields stay, and so does the object', () => {
  const expression = { kind: 'immutable_after', pointers: ['/price'], after: '/to' };
  const domain = domainWith({ type: 'temporal', expression });
  domain.chainTime = 99n;
  const patch = (members: object) =>
    domain.verdict('patch', { object_class: 'Thing', id: 'a', patch: members });
  domain.must('put', thing('a', { to: '100', price: '1' }));
  assert.equal(patch({ price: '2' }), 'admitted');
  domain.chainTime = 100n;
  const no = 'constraint.temporal';
  assert.deepEqual(
    [patch({ price: '3' }), patch({ to: '900' }), patch({ name: 'n' })],
    [no, no, 'admitted'],
  );
  assert.equal(domain.verdict('delete', gone('Thing', 'a')), no);
});

test('temporal transitions: which state follows which, and which come first', () => {
  const allowed = [
    ['draft', 'listed'],
    ['listed', 'gone'],
  ];
  const expression = { kind: 'transitions', pointer: '/state', initial: ['draft'], allowed };
  const domain = domainWith({ type: 'temporal', expression });
  const no = 'constraint.temporal';
  const put = (state: string | undefined) =>
    domain.verdict('put', thing('a', state === undefined ? {} : { state }));
  assert.deepEqual(
    [put('listed'), put('draft'), put('draft'), put('gone'), put(undefined), put('listed')],
    [no, 'admitted', 'admitted', no, no, 'admitted'],
  );
});

test('a deferred constraint is looked at when the transact ends, an immediate one at once', () => {
  const swap = [
    { action: 'put', ...thing('a', { name: 'y' }) },
    { action: 'put', ...thing('b', { name: 'x' }) },
  ];
  for (const mode of ['immediate', 'deferred'] as const) {
    const domain = domainWith({ type: 'unique', expression: { pointers: ['/name'] }, mode });
    verdicts(domain, { name: 'x' }, { name: 'y' });
    const expected = mode === 'deferred' ? 'admitted' : 'constraint.unique';
    assert.equal(domain.verdict('transact', { steps: swap }), expected);
    const clash = [swap[0], { action: 'put', ...thing('c', { name: 'y' }) }];
    assert.equal(domain.verdict('transact', { steps: clash }), 'constraint.unique');
    const more = thing('d', { name: 'x' });
    assert.equal(domain.verdict('put', more), 'constraint.unique');
  }
  const expression = { pointer: '/owner', object_class: 'Owner' };
  const domain = domainWith({ type: 'foreign_ref', expression, mode: 'deferred' });
  const first = { action: 'put', ...thing('a', { owner: 'o' }) };
  const steps = [first, { action: 'put', ...owner('o') }];
  assert.equal(domain.verdict('transact', { steps: [first] }), 'constraint.foreign_ref');
  assert.equal(domain.verdict('transact', { steps }), 'admitted');
  const leave = { action: 'delete', ...gone('Owner', 'o') };
  assert.equal(domain.verdict('transact', { steps: [leave] }), 'constraint.foreign_ref');
  const both = [leave, { action: 'delete', ...gone('Thing', 'a') }];
  assert.equal(domain.verdict('transact', { steps: both }), 'admitted');
});

test('a violation names constraint, class, id and pointer', () => {
  const domain = domainWith({ type: 'unique', expression: { pointers: ['/name'] } });
  domain.must('put', thing('a', { name: 'x' }));
  const refused = domain.speak('put', thing('b', { name: 'x' }));
  assert.ok(!refused.ok);
  assert.equal(refused.error.message, 'con_c0 on Thing/b at /name: a has it');
  const misfit = domain.speak('put', thing('b', { labels: { 'a/b': 1 } }));
  assert.ok(!misfit.ok);
  assert.equal(misfit.error.message, 'schema on Thing/b at /labels/a~1b: no text');
});

test('with objects there, only what is provable or about changes is taken', () => {
  const late: Definition[] = [
    { type: 'unique', expression: { pointers: ['/name'] } },
    { type: 'required', expression: { pointers: ['/name'] } },
    { type: 'cardinality', expression: { max: 2, pointers: ['/room'] } },
    { type: 'cardinality', expression: { max: 1 } },
    { type: 'temporal', expression: { kind: 'order', earlier: '/from', later: '/to' } },
  ];
  const domain = domainWith();
  verdicts(domain, {}, {});
  late.forEach((each, at) => {
    const verdict = domain.verdict('constraint.define', definition(`l${at}`, each));
    assert.equal(verdict, 'constraint.late', each.type);
  });
  const whole = { type: 'cardinality', expression: { min: 2, max: 3 } };
  assert.equal(domain.verdict('constraint.define', definition('whole', whole)), 'admitted');
  const clock = { kind: 'clock', pointer: '/to', relation: 'not_before' };
  const timed = definition('clock', { type: 'temporal', expression: clock });
  assert.equal(domain.verdict('constraint.define', timed), 'admitted');
  assert.equal(domain.verdict('delete', gone('Thing', 'a')), 'constraint.cardinality');
  assert.equal(domain.verdict('put', thing('c', {})), 'admitted');
  assert.equal(domain.verdict('put', thing('d', {})), 'constraint.cardinality');
});

test('a constraint that was dropped binds nothing, and its id is not used again', () => {
  const reference = { pointer: '/owner', object_class: 'Owner' };
  const domain = domainWith(
    { type: 'unique', expression: { pointers: ['/name'] } },
    { type: 'foreign_ref', expression: reference },
  );
  domain.must('put', owner('o'));
  domain.must('put', thing('a', { name: 'x', owner: 'o' }));
  const drop = (constraint_id: string) => domain.verdict('constraint.drop', { constraint_id });
  assert.deepEqual(
    [drop('con_c0'), drop('con_c1'), drop('con_c1'), drop('con_none')],
    ['admitted', 'admitted', 'constraint.unknown', 'constraint.unknown'],
  );
  assert.equal(domain.verdict('put', thing('b', { name: 'x', owner: 'none' })), 'admitted');
  assert.equal(domain.verdict('delete', gone('Owner', 'o')), 'admitted');
  const again = definition('c0', { type: 'check', expression: {} });
  assert.equal(domain.verdict('constraint.define', again), 'constraint.exists');
});

test('a constraint that the schema cannot bear is refused with its place', () => {
  const domain = domainWith();
  const field = (pointer: string) => ({ field: pointer });
  const refused: Definition[] = [
    { type: 'required', expression: { pointers: ['/nothing'] } },
    { type: 'required', expression: { pointers: ['name'] } },
    { type: 'unique', expression: { pointers: [] } },
    { type: 'unique', expression: { pointers: ['/name'], where: 'x' } },
    { type: 'foreign_ref', expression: { pointer: '/count', object_class: 'Owner' } },
    { type: 'exclusion', expression: { pointers: [], from: '/name', to: '/to' } },
    { type: 'schema_type', expression: { pointer: '/extra', type: { type: 'float' } } },
    { type: 'cardinality', expression: { min: 3, max: 2 } },
    { type: 'temporal', expression: { kind: 'order', earlier: '/name', later: '/to' } },
    { type: 'temporal', expression: { kind: 'transitions', pointer: '/name', allowed: [] } },
    { type: 'check', expression: { op: 'le', args: [field('/name'), field('/count')] } },
    { type: 'check', expression: { op: 'constructor', args: [field('/name')] } },
    { type: 'check', expression: { op: 'matches', args: [field('/name')], pattern: '(?=x)' } },
  ];
  refused.forEach((each, at) => {
    const verdict = domain.verdict('constraint.define', definition(`r${at}`, each));
    assert.equal(verdict, 'constraint.invalid', JSON.stringify(each));
  });
  const stranger = { pointer: '/owner', object_class: 'Stranger' };
  const foreign = definition('f', { type: 'foreign_ref', expression: stranger });
  assert.equal(domain.verdict('constraint.define', foreign), 'class.unknown');
  assert.equal(domain.head(keys.constraint('con_f')), undefined);
});
