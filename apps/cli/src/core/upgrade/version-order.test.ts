import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from './version-order.ts';

test('versions are in the order of semver, and what is none has no place in it', () => {
  const rising = ['0.9.9', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta.2'];
  rising.push('1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.2.0', '1.10.0', '2.0.0');
  for (const [at, one] of rising.entries()) {
    for (const [place, other] of rising.entries()) {
      const order = compareVersions(one, other) ?? Number.NaN;
      assert.equal(Math.sign(order), Math.sign(at - place), `${one} ${other}`);
    }
  }
  assert.equal(compareVersions('1.0.0+one', '1.0.0+two'), 0);
  assert.equal(compareVersions('1.0', '1.0.0'), undefined);
  assert.equal(compareVersions('../1.0.0', '1.0.0'), undefined);
});
