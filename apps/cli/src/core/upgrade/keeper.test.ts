import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWords } from './keeper.ts';

test('a node is started again by what kept it: a service of the account or of the machine', () => {
  assert.deepEqual(startWords('user'), ['service', 'install', '--no-input']);
  assert.deepEqual(startWords('system'), ['service', 'install', '--system', '--no-input']);
  assert.deepEqual(startWords('nobody'), ['up', '--detach', '--no-input']);
});
