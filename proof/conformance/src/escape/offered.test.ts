import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SHIPPED = [
  'package.json',
  '{ground,systems,hosts,apps}/*/package.json',
  '{law,protocol}/package.json',
];
const SOURCES = ['{law,protocol}/src/**/*.ts', '{ground,systems,hosts,apps}/*/src/**/*.ts'];

test('an implementation of sandboxes that lets something out is offered nowhere', () => {
  const files = [...SHIPPED, ...SOURCES].flatMap((each) => globSync(each, { cwd: ROOT }));
  assert.ok(files.length > 500, `${files.length}`);
  const naming = files.filter((each) => {
    return readFileSync(`${ROOT}${each}`, 'utf8').includes('@anthropic-ai/sandbox-runtime');
  });
  assert.deepEqual(naming, []);
});
