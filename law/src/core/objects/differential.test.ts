import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '@ioi/canon';
import type { ConstraintDefinitionEnvelope, ObjectStep } from '@ioi/protocol';
import * as fc from 'fast-check';
import { TestDomain } from '../../testing/index.ts';
import { assertKept } from '../../testing/kept-numbers.ts';
import {
  ownerSchema,
  randomConstraint,
  randomInvariant,
  randomStep,
  randomTransitions,
  thingSchema,
} from '../../testing/random-objects.ts';
import type { ObjectHead } from './heads.ts';
import type { JsonObject } from './pointer.ts';
import { ReferenceObjects } from './reference.ts';

const OTHER: Digest = `sha256:${'b'.repeat(64)}`;

type Act =
  | { readonly kind: 'write'; readonly steps: readonly ObjectStep[]; readonly isOther: boolean }
  | { readonly kind: 'constrain'; readonly constraint: ConstraintDefinitionEnvelope }
  | { readonly kind: 'drop'; readonly constraint_id: string };

const write = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.tuple(randomStep) },
      { weight: 1, arbitrary: fc.array(randomStep, { minLength: 2, maxLength: 4 }) },
    ),
    fc.nat(5),
  )
  .map(([steps, other]): Act => ({ kind: 'write', steps, isOther: other === 0 }));
const constrain = randomConstraint.map((constraint): Act => ({ kind: 'constrain', constraint }));
const drop = fc.nat(7).map((id): Act => ({ kind: 'drop', constraint_id: `con_${id}` }));
const later = fc.oneof(
  { weight: 12, arbitrary: write },
  { weight: 1, arbitrary: constrain },
  { weight: 1, arbitrary: drop },
);

const world = fc.record({
  schema: thingSchema,
  ownerOnly: fc.constantFrom([], ['price']),
  invariants: fc.array(randomInvariant, { maxLength: 1 }),
  transitions: fc.array(randomTransitions, { maxLength: 1 }),
  acts: fc
    .tuple(
      fc.array(constrain, { maxLength: 2 }),
      fc.array(later, { minLength: 10, maxLength: 40, size: 'max' }),
    )
    .map(([first, then]) => [...first, ...then]),
});

type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

/** Both made alike, up to the first act. */
function begin({ schema, ownerOnly, invariants, transitions }: World) {
  const domain = new TestDomain();
  const model = new ReferenceObjects();
  const classes = [
    ['Thing', schema, ownerOnly],
    ['Owner', ownerSchema, []],
  ] as const;
  for (const [object_class, declared, owner_only] of classes) {
    const definition = { object_class, schema_version: '1.0.0', schema: declared, owner_only };
    domain.must('class.define', definition);
    model.define(object_class, {
      schema: declared as unknown as JsonObject,
      owner: 'channel',
      ownerOnly: owner_only,
    });
  }
  for (const invariant of invariants) {
    if (domain.verdict('invariant.define', invariant) === 'admitted') {
      model.invariants.push(invariant);
    }
  }
  for (const constraint of transitions) {
    if (domain.verdict('constraint.define', constraint) === 'admitted') model.constrain(constraint);
  }
  return { domain, model };
}

type Pair = ReturnType<typeof begin>;

/** What the module says, and all that the model could say. */
function both({ domain, model }: Pair, act: Act): { verdict: string; codes: readonly string[] } {
  switch (act.kind) {
    case 'constrain': {
      const verdict = domain.verdict('constraint.define', act.constraint);
      return { verdict, codes: model.constrain(act.constraint) };
    }
    case 'drop': {
      const { constraint_id } = act;
      const verdict = domain.verdict('constraint.drop', { constraint_id });
      return { verdict, codes: model.drop(constraint_id) };
    }
    case 'write': {
      const { chainTime } = domain;
      const speaking = { speaker: act.isOther ? OTHER : 'channel', chainTime };
      const codes = model.write(act.steps, speaking);
      return { verdict: spoken(domain, act), codes };
    }
  }
}

/** A single step by its own operation, several as a transact. */
function spoken(domain: TestDomain, { steps, isOther }: Act & { kind: 'write' }): string {
  const author = isOther ? OTHER : undefined;
  const [first] = steps;
  if (!first || steps.length > 1) return domain.verdict('transact', { steps }, author);
  const { action, ...payload } = first;
  return domain.verdict(action, payload, author);
}

const TIMES = [0n, 1n, 2n, 3n, 5n, 7n];

test('index by index or object by object: the same verdicts and the same objects', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(world, (random) => {
      const pair = begin(random);
      random.acts.forEach((act, at) => {
        pair.domain.chainTime = TIMES[Math.floor(at / 4)] ?? 9n;
        const { verdict, codes } = both(pair, act);
        seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
        const agrees = codes.length === 0 ? verdict === 'admitted' : codes.includes(verdict);
        assert.ok(agrees, `${JSON.stringify(act)}: ${verdict}, model: ${codes.join(' ')}`);
      });
      for (const name of ['Thing', 'Owner']) {
        const held = pair.domain.heads.list(`object.${name}`);
        const values = held.map(({ key, value }) => [key.id, (value as ObjectHead).value] as const);
        assert.deepEqual(new Map(values), pair.model.objects(name));
      }
      assertKept(pair.domain);
    }),
    { numRuns: 800 },
  );
  const types = ['check', 'unique', 'foreign_ref', 'exclusion', 'cardinality', 'temporal'];
  const expected = ['admitted', 'invariant.broken', 'object.owner_only', 'object.missing'];
  for (const code of [...expected, ...types.map((type) => `constraint.${type}`)]) {
    assert.ok((seen.get(code) ?? 0) > 20, `${code} was seen ${seen.get(code) ?? 0} times`);
  }
});
