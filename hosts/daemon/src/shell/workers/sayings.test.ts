import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sayings } from './sayings.ts';

const step = { index: 3, target: 'model::invoke', params: {} };

test('what is said is heard where somebody watches, and by the worker as it was', () => {
  const sayings = new Sayings();
  const heard: (string | undefined)[] = [];
  const tell = (piece: string | undefined): void => void heard.push(piece);
  assert.equal(sayings.heardOf('run_1', step, tell), tell);
  assert.equal(sayings.heardOf('run_1', step), undefined);
  sayings.watch('run_1');
  assert.equal(sayings.of('run_1'), undefined);
  assert.equal(sayings.heardOf('run_1', { ...step, target: 'fs::read' }), undefined);
  const both = sayings.heardOf('run_1', step, tell);
  for (const piece of ['a', undefined, 'b', 'c']) both?.(piece);
  assert.deepEqual(heard, ['a', undefined, 'b', 'c']);
  sayings.over('run_1', 3);
  assert.deepEqual(sayings.of('run_1'), { index: 3, text: 'bc' });
  // A step that comes after it, and a late piece of the one before.
  sayings.heardOf('run_1', { ...step, index: 4 });
  both?.('late');
  assert.deepEqual(sayings.of('run_1'), { index: 4, text: '' });
});

test('so many are watched, and of each so much is kept', () => {
  const sayings = new Sayings();
  for (let at = 0; at < 65; at += 1) sayings.watch(`run_${at}`);
  assert.equal(sayings.heardOf('run_0', step), undefined);
  sayings.heardOf('run_64', step)?.('x '.repeat(50_000));
  assert.equal(sayings.of('run_64')?.text.length, 65_536);
});

test('a secret that a model says is not told, not even its beginning, nor half a letter', () => {
  const secret = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;
  const sayings = new Sayings();
  sayings.watch('run_1');
  const tell = sayings.heardOf('run_1', step);
  for (const piece of ['it is ', ...secret, '\ud83d', '\ude00', ' so']) {
    tell?.(piece);
    assert.doesNotMatch(sayings.of('run_1')?.text ?? '', /ghp_/);
  }
  sayings.over('run_1', 3);
  assert.match(sayings.of('run_1')?.text ?? '', /^it is \[redacted:[^\]]*\]\u{1f600} so$/u);
});
