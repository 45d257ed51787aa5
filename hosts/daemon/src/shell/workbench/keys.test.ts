import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keys } from './keys.ts';

test('a link lets one browser in, once, within a minute', () => {
  let now = 0;
  const keys = new Keys(() => now);
  const link = keys.link();
  const visit = keys.open(link) ?? '';
  assert.equal(keys.isOpen(visit), true);
  assert.equal(keys.open(link), undefined);
  assert.equal(keys.isOpen(link), false);
  const late = keys.link();
  now += 60_000;
  assert.equal(keys.open(late), undefined);
});

test('a browser that was let in asks again after twelve hours, or when all are closed', () => {
  let now = 0;
  const keys = new Keys(() => now);
  const first = keys.open(keys.link()) ?? '';
  now += 12 * 60 * 60 * 1000 - 1;
  assert.equal(keys.isOpen(first), true);
  now += 1;
  assert.equal(keys.isOpen(first), false);
  const second = keys.open(keys.link()) ?? '';
  const link = keys.link();
  keys.close();
  assert.equal(keys.isOpen(second), false);
  assert.equal(keys.open(link), undefined);
});

test('what nobody was given opens nothing, and at most sixteen are remembered', () => {
  const keys = new Keys();
  const first = keys.link();
  for (const wrong of ['', 'zz', first.slice(2), `${first}00`, '0'.repeat(64)]) {
    assert.equal(keys.open(wrong), undefined, wrong);
    assert.equal(keys.isOpen(wrong), false, wrong);
  }
  for (let made = 0; made < 16; made += 1) keys.link();
  assert.equal(keys.open(first), undefined);
});
