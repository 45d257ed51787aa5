import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceOf } from './index.ts';

test('an address of IPv4 is somebody, and so is a network of IPv6, of which one has all', () => {
  assert.equal(sourceOf('192.0.2.7'), '192.0.2.7');
  assert.equal(sourceOf('::ffff:192.0.2.7'), '::ffff:192.0.2.7');
  const network = sourceOf('2001:db8:1:2::7');
  assert.equal(network, '2001:db8:1:2');
  assert.equal(sourceOf('2001:db8:1:2:ffff:1:2:3'), network);
  assert.notEqual(sourceOf('2001:db8:1:3::7'), network);
  assert.equal(sourceOf('2001:db8::7'), sourceOf('2001:db8::8'));
  assert.equal(sourceOf('::1'), '0:0:0:0');
  assert.equal(sourceOf('fe80::1%eth0'), sourceOf('fe80::2%eth0'));
  assert.equal(sourceOf(), '');
});
