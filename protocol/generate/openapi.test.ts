import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Compile } from 'typebox/compile';
import { ROUTE_ROLES } from '../src/generated/route-roles.ts';
import { apiOperations, apiTypes } from '../src/http/all.ts';
import { emitOpenApi } from './openapi.ts';

const FILE = new URL('../schemas/openapi.json', import.meta.url);
const parts = { version: '1.2.3', operations: apiOperations, types: apiTypes() };

test('the document is valid OpenAPI 3.1', async () => {
  const document = JSON.parse(readFileSync(FILE, 'utf8'));
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document);
  assert.deepEqual(errors, undefined);
  assert.equal(valid, true);
  assert.equal(validator.version, '3.1');
  const broken = new Validator();
  assert.equal((await broken.validate({ ...document, paths: { 'no-slash': {} } })).valid, false);
});

test('the same declarations give the same text, in whatever order they come', () => {
  const backwards = { ...parts, operations: [...apiOperations].reverse() };
  assert.equal(emitOpenApi(backwards), emitOpenApi(parts));
});

test('an operation has a name of its own, and a route too', () => {
  for (const names of [
    apiOperations.map(({ id }) => id),
    apiOperations.map((each) => each.route),
  ]) {
    assert.equal(new Set(names).size, names.length);
  }
});

test('every operation has a least role, which the document and the node are told', () => {
  const { paths } = JSON.parse(readFileSync(FILE, 'utf8'));
  const told = apiOperations.map(({ route, role }) => {
    const [method = '', path = ''] = route.split(' ');
    assert.equal(paths[path][method.toLowerCase()]['x-ioi-role'], role, route);
    return [route, role];
  });
  assert.deepEqual(ROUTE_ROLES, Object.fromEntries(told));
  const open = apiOperations.filter(({ role }) => role === 'public').map(({ route }) => route);
  assert.deepEqual(open, ['POST /v1/sign-ins', 'POST /v1/role-session']);
});

test('what refers to nothing that is declared is refused', () => {
  assert.throws(() => emitOpenApi({ ...parts, types: new Map() }), /nothing is declared as/);
});

test('an answer with a member nobody declared does not fit', () => {
  const problem = parts.types.get('Problem')!;
  const check = Compile(problem.schema);
  const answer = { type: 'about:blank', title: 'no such route', status: 404, code: 'id.unknown' };
  assert.ok(check.Check(answer));
  assert.equal(check.Check({ ...answer, detail: 'more' }), false);
});
