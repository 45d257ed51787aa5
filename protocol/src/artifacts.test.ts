import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { canonicalJson } from '@ioi/canon';
import Type from 'typebox';
import { Check } from 'typebox/value';
import { staleFiles } from '../generate/main.ts';
import { artifacts } from './artifacts/all.ts';
import { artifact } from './artifacts/artifact.ts';
import { WallTime } from './artifacts/primitives.ts';
import * as protocol from './index.ts';

const validators = protocol as unknown as Record<string, (value: unknown) => boolean>;

test('emitted files are what the declarations give', () => {
  assert.deepEqual(staleFiles(), [], 'run `npm run generate`');
});

test('every example passes and every refused value fails its validator', () => {
  for (const each of artifacts) {
    const check = validators[`is${each.name}`];
    assert.ok(check, each.name);
    assert.ok(each.examples.length > 0 && each.refused.length > 0, each.name);
    for (const value of each.examples) assert.ok(check(value), `${each.name} example`);
    for (const { why, value } of each.refused) {
      assert.equal(check(value), false, `${each.name}: ${why}`);
    }
  }
});

test('emitted validators agree with the schema library on every mutation of the examples', () => {
  for (const each of artifacts) {
    const check = validators[`is${each.name}`]!;
    for (const example of each.examples) {
      for (const mutant of mutantsOf(example)) {
        const expected = Check(each.schema, mutant);
        assert.equal(check(mutant), expected, `${each.name}: ${JSON.stringify(mutant)}`);
      }
    }
  }
});

test('an unknown field is refused at every level', () => {
  for (const each of artifacts) {
    const check = validators[`is${each.name}`]!;
    const value = { ...(each.examples[0] as object), surplus: 1 };
    assert.equal(check(value), false, each.name);
  }
});

test('an enforceable artifact cannot bind wall time', () => {
  const schema = Type.Object({ nested: Type.Array(Type.Object({ seen: WallTime })) });
  const declaration = { name: 'X', source: '', summary: '', examples: [], refused: [], schema };
  assert.throws(() => artifact({ ...declaration, artifactClass: 'enforceable' }), /wall time/);
  assert.ok(artifact({ ...declaration, artifactClass: 'observational' }));
});

test('examples have a canonical form and published vectors hold them', () => {
  const path = join(import.meta.dirname, '..', 'vectors', 'artifacts.jsonl');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const total = artifacts.reduce(
    (sum, each) => sum + each.examples.length + each.refused.length,
    0,
  );
  assert.equal(lines.length, total);
  for (const each of artifacts) {
    for (const value of each.examples) assert.ok(canonicalJson(value).ok, each.name);
  }
});

/** Every member removed, and replaced by values of other types and ranges. */
function* mutantsOf(value: unknown): Generator<unknown> {
  const others = [null, 0, -1, 1.5, '', 'x', '01', '18446744073709551616', [], {}, true];
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const source = value as Record<string, unknown>;
    const { [key]: held, ...rest } = source;
    if (!Array.isArray(value)) yield rest;
    for (const other of others) {
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...source, [key]: other };
    }
    for (const inner of mutantsOf(held)) {
      yield Array.isArray(value) ? value.with(Number(key), inner) : { ...source, [key]: inner };
    }
  }
}
