import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paintNothing } from '../paint.ts';
import { type Check, clockCheck, contentsCheck, modesCheck, roomCheck, worstOf } from './checks.ts';
import { doctorLines } from './doctor-lines.ts';

test('a clock that was put back is warned of, one that went on is not', () => {
  assert.equal(clockCheck(1_000_000, 900_000).state, 'warn');
  assert.equal(clockCheck(1_000_000, 990_000).state, 'ok');
  assert.equal(clockCheck(1_000_000, 9_000_000).state, 'ok');
  const year = 365 * 86_400_000;
  const behind = clockCheck(year, 0);
  assert.match(behind.about, /365 days behind Chain Time/);
  assert.match(behind.next ?? '', /ahead once/);
  assert.match(clockCheck(100_000, 0).about, /100 s behind/);
});

test('little room is warned of, and no room fails', () => {
  assert.equal(roomCheck(5 * 1024 ** 3, undefined).state, 'ok');
  assert.equal(roomCheck(5 * 1024 ** 3, 'the log grows').state, 'warn');
  assert.equal(roomCheck(500 * 1024 ** 2, undefined).state, 'warn');
  assert.equal(roomCheck(1024 ** 2, 'little').state, 'fail');
});

test('what others may enter fails, by its path', () => {
  assert.equal(modesCheck([{ path: '/h', mode: 0o700 }]).state, 'ok');
  const open = modesCheck([
    { path: '/h', mode: 0o700 },
    { path: '/h/run', mode: 0o710 },
  ]);
  assert.equal(open.state, 'fail');
  assert.equal(open.next, 'chmod go= /h/run');
});

test('a node is as well as its worst line, and every line says what to do', () => {
  const line = (state: Check['state']): Check => ({
    name: 'n',
    state,
    about: 'a\u0007',
    next: 'go',
  });
  assert.equal(worstOf([line('ok')]), 'ok');
  assert.equal(worstOf([line('ok'), line('warn')]), 'warn');
  assert.equal(worstOf([line('warn'), line('fail'), line('ok')]), 'fail');
  const [said = '', next] = doctorLines([line('fail')], paintNothing);
  assert.match(said, /^fail {2}n/);
  assert.ok(!said.includes('\u0007'));
  assert.match(next ?? '', /next: go/);
});

test('contents that do not open are named, and how many they are', () => {
  assert.equal(contentsCheck([]).state, 'ok');
  const one = contentsCheck(['sha256:aa']);
  assert.deepEqual([one.state, one.code], ['fail', 'contents.damaged']);
  assert.match(one.about, /^sha256:aa does not open/);
  assert.match(contentsCheck(['sha256:aa', 'sha256:bb']).about, /and 1 more\) do not open/);
});
