import type { ConstraintDefinitionEnvelope, InvariantDefinition, ObjectStep } from '@ioi/protocol';
import * as fc from 'fast-check';

/**
 * Small worlds of governed objects, so that what they say collides often: two classes, a handful
 * of ids, values from a few.
 */
const domain_id = 'agentgres://domain/random';

const DECIMALS = ['0', '0.50', '0.5', '1.0', '-1', '2.25'];
const TIMES = ['0', '1', '2', '3', '4', '6'];
const STATES = ['draft', 'listed', 'gone'];
const OWNERS = ['o0', 'o1'];

const optional = fc.boolean();
const bound = fc.integer({ min: 0, max: 3 });
const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 19, arbitrary: usual }, { weight: 1, arbitrary: rare });

/** Random bounds and which fields may be absent; their names and types stay. */
export const thingSchema = fc
  .tuple(
    mostly(fc.constant(3), bound),
    fc.array(mostly(fc.constant(true), fc.constant(false)), { minLength: 7, maxLength: 7 }),
    mostly(fc.constant(STATES), fc.subarray(STATES, { minLength: 1 })),
  )
  .map(([max, absent, values]) => {
    const types: [string, object][] = [
      ['count', { type: 'integer', max }],
      ['price', { type: 'decimal' }],
      ['name', { type: 'text', max_length: 2 }],
      ['state', { type: 'enum', values }],
      ['from', { type: 'time' }],
      ['to', { type: 'time' }],
      ['owner', { type: 'ref', object_class: 'Owner' }],
    ];
    const fields = types.map(([name, type], at) => [name, { ...type, optional: absent[at] }]);
    return { type: 'object', fields: Object.fromEntries(fields) };
  });

export const ownerSchema = { type: 'object', fields: { name: { type: 'text', optional: true } } };

const members = {
  count: mostly(fc.integer({ min: 0, max: 1 }), bound),
  price: fc.constantFrom(...DECIMALS),
  name: mostly(fc.constantFrom('a', 'b', 'c'), fc.constant('abc')),
  state: mostly(fc.constantFrom('draft', 'listed'), fc.constant('gone')),
  from: fc.constantFrom(...TIMES),
  to: fc.constantFrom(...TIMES),
  owner: fc.constantFrom(...OWNERS),
};
export const randomThing = fc.oneof(
  { weight: 1, arbitrary: fc.record(members) },
  { weight: 2, arbitrary: fc.record(members, { requiredKeys: [] }) },
);
const patch = fc.record(
  {
    count: fc.option(members.count),
    price: fc.option(members.price),
    name: fc.option(members.name),
    state: fc.option(members.state),
    from: fc.option(members.from),
    to: fc.option(members.to),
    owner: fc.option(members.owner),
  },
  { requiredKeys: [] },
);

const thingId = fc.constantFrom('a', 'b', 'c');
const ownerId = fc.constantFrom(...OWNERS);
const named = (object_class: string, id: fc.Arbitrary<string>) => ({
  object_class: fc.constant(object_class),
  id,
});
const action = <T extends string>(name: T) => fc.constant(name);

export const randomStep: fc.Arbitrary<ObjectStep> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ action: action('put'), ...named('Thing', thingId), value: randomThing }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ action: action('patch'), ...named('Thing', thingId), patch }),
  },
  { weight: 2, arbitrary: fc.record({ action: action('delete'), ...named('Thing', thingId) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      action: action('put'),
      ...named('Owner', ownerId),
      value: fc.constant({}),
    }),
  },
  { weight: 1, arbitrary: fc.record({ action: action('delete'), ...named('Owner', ownerId) }) },
);

const pointers = (least: number) =>
  fc.uniqueArray(fc.constantFrom('/name', '/price', '/count', '/state', '/owner'), {
    minLength: least,
    maxLength: 2,
  });

const number = fc.oneof(
  fc.constantFrom('/count', '/price', '/from').map((field) => ({ field })),
  bound.map((value) => ({ value })),
);
const calculated = fc.oneof(
  number,
  fc.record({
    op: fc.constantFrom('add', 'subtract', 'multiply'),
    args: fc.tuple(number, number),
  }),
);
const compared = fc.record({
  op: fc.constantFrom('eq', 'ne', 'lt', 'le', 'gt', 'ge'),
  args: fc.tuple(calculated, calculated),
});
const isDraft = fc.constant({ op: 'eq', args: [{ field: '/state' }, { value: 'draft' }] });
const simple = fc.oneof(compared, isDraft);
const condition = fc.oneof(
  simple,
  fc.record({ op: fc.constantFrom('and', 'or'), args: fc.tuple(simple, simple) }),
  fc.record({ op: fc.constant('not'), args: fc.tuple(simple) }),
);

const optionally = { requiredKeys: [] };
const range = fc.record({ min: bound, max: bound, pointers: pointers(1) }, optionally);
const transition = fc.tuple(fc.constantFrom(...STATES), fc.constantFrom(...STATES));

/** Constraint types with an expression each; what cannot be read is made by the tests by hand. */
const governed = fc.oneof(
  fc.record({ type: fc.constant('required'), expression: fc.record({ pointers: pointers(1) }) }),
  fc.record({ type: fc.constant('unique'), expression: fc.record({ pointers: pointers(1) }) }),
  fc.constant({ type: 'foreign_ref', expression: { pointer: '/owner', object_class: 'Owner' } }),
  fc.record({ type: fc.constant('check'), expression: condition }),
  pointers(0).map((keys) => ({
    type: 'exclusion',
    expression: { pointers: keys, from: '/from', to: '/to' },
  })),
  bound.map((max) => ({
    type: 'schema_type',
    expression: { pointer: '/count', type: { type: 'integer', min: 1, max: Math.max(1, max) } },
  })),
  range
    .filter(({ min = 0, max = min }) => min <= max)
    .map((expression) => ({ type: 'cardinality', expression })),
  fc
    .oneof(
      optional.map((strict) => ({ kind: 'order', earlier: '/from', later: '/to', strict })),
      fc
        .constantFrom('not_before', 'not_after')
        .map((relation) => ({ kind: 'clock', pointer: '/to', relation })),
      pointers(1).map((kept) => ({ kind: 'immutable_after', pointers: kept, after: '/to' })),
    )
    .map((expression) => ({ type: 'temporal', expression })),
);

const definition = (
  id: number,
  enforcement_mode: 'immediate' | 'deferred',
  { type, expression }: { readonly type: string; readonly expression: object },
) =>
  ({
    constraint_id: `con_${id}`,
    domain_id,
    object_class: 'Thing',
    constraint_type: type,
    expression,
    enforcement_mode,
    violation_receipt_type: 'validation',
  }) as ConstraintDefinitionEnvelope;

const mode = fc.constantFrom('immediate' as const, 'deferred' as const);

export const randomConstraint = fc
  .tuple(fc.nat(7), mode, governed)
  .map(([id, enforcement_mode, each]) => definition(id, enforcement_mode, each));

/** Only when the schema has all its states can transitions be declared. */
export const randomTransitions = fc
  .tuple(fc.uniqueArray(transition, { maxLength: 4 }), mode)
  .map(([allowed, enforcement_mode]) =>
    definition(8, enforcement_mode, {
      type: 'temporal',
      expression: { kind: 'transitions', pointer: '/state', allowed },
    }),
  );

const measure = fc.constantFrom(
  { object_class: 'Thing', measure: 'count' },
  { object_class: 'Owner', measure: 'count' },
  { object_class: 'Thing', measure: 'sum', pointer: '/count' },
  { object_class: 'Thing', measure: 'sum', pointer: '/price' },
  {
    object_class: 'Thing',
    measure: 'sum',
    pointer: '/price',
    where: { pointer: '/state', equals: 'draft' },
  },
);

/** Holds while there is nothing: it is defined before the first object. */
export const randomInvariant: fc.Arbitrary<InvariantDefinition> = fc
  .tuple(
    measure,
    fc.oneof(
      measure.map((aggregate) => ({ aggregate })),
      bound.map((value) => ({ value })),
    ),
  )
  .map(([aggregate, limit]) => ({
    invariant_id: 'inv_random',
    domain_id,
    invariant_type: 'settlement' as const,
    mode: 'enforce' as const,
    expression: { op: 'le', args: [{ aggregate }, limit] },
  }));

/** From one schema of Thing to the next: fields change names and types, constraints come. */
export const randomProposal = fc
  .record({
    renamed: fc.boolean(),
    rank: mostly<number | string>(fc.nat(2), fc.constant('none')),
    constraints: fc.uniqueArray(randomConstraint, {
      maxLength: 2,
      selector: (each) => each.constraint_id,
    }),
  })
  .map(({ renamed, rank, constraints }) => ({
    fields: {
      [renamed ? 'title' : 'name']: { type: 'text', optional: true },
      price: { type: 'text', optional: true },
      rank: { type: 'integer', max: 2, optional: true },
    },
    replaced: renamed ? ['name', 'price'] : ['price'],
    transform: [
      ...(renamed ? [{ op: 'rename', from: 'name', to: 'title' }] : []),
      { op: 'convert', field: 'price', to: 'text' },
      { op: 'add', field: 'rank', value: rank },
    ],
    constraints,
  }));
