import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mixedScripts } from './look-alikes.ts';

test('words that mix scripts which look alike are named', () => {
  assert.deepEqual(mixedScripts('send to p\u0430ypal, please'), ['p\u0430ypal']);
  assert.deepEqual(mixedScripts('\u03bfpen the d\u03bfor'), ['\u03bfpen', 'd\u03bfor']);
  assert.deepEqual(mixedScripts('\uff50\uff41\uff59'), ['\uff50\uff41\uff59']);
  assert.deepEqual(mixedScripts('Привет, world: naïve Ελλάδα 東京'), []);
});
