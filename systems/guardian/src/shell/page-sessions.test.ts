import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagePlaceOf } from '../core/index.ts';
import { PageSessions } from './page-sessions.ts';

const here = pagePlaceOf('http://localhost:4747');

function opened(sessions: PageSessions) {
  const begun = sessions.begin(sessions.launch(), here);
  assert.ok(begun.ok);
  const found = sessions.find(begun.value.cookie, begun.value.page);
  assert.ok(found);
  return { ...begun.value, session: found };
}

test('a launch opens one page, soon, and a page takes both its secrets', () => {
  let now = 0;
  const sessions = new PageSessions(() => now);
  const launch = sessions.launch();
  const first = sessions.begin(launch, here);
  assert.ok(first.ok);
  assert.equal(sessions.begin(launch, here).ok, false);
  const { cookie, page } = first.value;
  assert.equal(sessions.find(cookie, cookie), undefined);
  assert.equal(sessions.find(page, page), undefined);
  assert.ok(sessions.find(cookie, page));
  const late = sessions.launch();
  now += 2 * 60_000;
  assert.equal(sessions.begin(late, here).ok, false);
  now += 30 * 60_000;
  assert.equal(sessions.find(cookie, page), undefined);
});

test('opening many pages closes none on which a person showed themselves', () => {
  const sessions = new PageSessions(() => 0);
  const { cookie, page, session } = opened(sessions);
  session.wasVerified = true;
  for (let count = 0; count < 100; count += 1) opened(sessions);
  assert.ok(sessions.find(cookie, page));
});

test('another device signs in again after a while, also one that asks all the time', () => {
  let now = 0;
  const sessions = new PageSessions(() => now);
  const { cookie, page } = sessions.enter(pagePlaceOf('https://approve.example'), 'sha256:a');
  const quarterHours = 12 * 4;
  for (let count = 0; count < quarterHours; count += 1) {
    now += 15 * 60_000;
    assert.ok(sessions.find(cookie, page));
  }
  now += 15 * 60_000;
  assert.equal(sessions.find(cookie, page), undefined);
});
