import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mixedScripts } from './look-alikes.ts';

test('words that mix scripts which look alike are named', () => {
  assert.deepEqual(mixedScripts('send to p\u0430ypal, please'), ['p\u0430ypal']);
  assert.deepEqual(mixedScripts('\u03bfpen the d\u03bfor'), ['\u03bfpen', 'd\u03bfor']);
  assert.deepEqual(mixedScripts('\uff50\uff41\uff59'), ['\uff50\uff41\uff59']);
  assert.deepEqual(mixedScripts('\u24df\u24d0\u24e8'), ['\u24df\u24d0\u24e8']);
  assert.deepEqual(mixedScripts('Привет, world: naïve Ελλάδα 東京'), []);
});

test('a word of another script that is drawn as Latin is named in a Latin name', () => {
  const apple = '\u0430\u0440\u0440\u04cf\u0435';
  assert.deepEqual(mixedScripts(`https://${apple}.com/`), [apple]);
  assert.deepEqual(mixedScripts('/p\u200b-\u0430-ypal'), ['\u0430']);
  assert.deepEqual(mixedScripts('отчет_с_фото.pdf, \u043e \u0441\u043e\u0440'), []);
});
