import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pagePlaceOf } from '../core/index.ts';
import { MatchCodes } from './match-codes.ts';
import { type PageSession, PageSessions } from './page-sessions.ts';

const place = pagePlaceOf('https://approve.example:8443');

function device(sessions: PageSessions): PageSession {
  const { cookie, page } = sessions.enter(place, 'sha256:a');
  const found = sessions.find(cookie, page);
  assert.ok(found);
  return found;
}

function wrong(code: string, by = 1): string {
  return String((Number(code) + by) % 100).padStart(2, '0');
}

test('a match code is of one request on one device, and three wrong ones close the request', () => {
  const sessions = new PageSessions(() => 0);
  const codes = new MatchCodes();
  const [first, second] = [device(sessions), device(sessions)];
  const requests = Array.from({ length: 40 }, (_, at) => `sha256:${at}`);
  const all = new Set(requests.map((each) => codes.code(first, each)));
  assert.ok(all.size > 20, 'another request has another code');
  const differing = requests.filter((each) => codes.code(first, each) !== codes.code(second, each));
  assert.ok(differing.length > 20, 'another device has another code');
  const [request = '', other = ''] = requests;
  const code = codes.code(first, request);
  assert.match(code, /^[0-9]{2}$/);
  assert.equal(codes.check(first, request, code).ok, true);
  for (const given of ['', wrong(code)]) {
    const checked = codes.check(first, request, given);
    assert.equal(!checked.ok && checked.error.code, 'match.wrong');
  }
  const third = codes.check(second, request, 'xx');
  assert.equal(!third.ok && third.error.code, 'match.closed');
  assert.equal(codes.check(first, request, code).ok, false, 'the right one comes too late');
  assert.equal(codes.check(first, other, codes.code(first, other)).ok, true);
});

test('a link is for one place: what opens the page here opens none elsewhere', () => {
  let now = 0;
  const sessions = new PageSessions(() => now);
  const here = pagePlaceOf('http://localhost:4747');
  assert.equal(sessions.begin(sessions.launch(), place).ok, false);
  const invite = sessions.invite('phone', []);
  assert.equal(sessions.begin(invite, here).ok, false);
  assert.equal(sessions.begin(invite, place).ok, true);
  assert.equal(sessions.begin(invite, place).ok, false);
  const dropped = sessions.invite('phone', []);
  const { cookie, page } = sessions.enter(place, 'sha256:a');
  sessions.endDevices();
  assert.equal(sessions.begin(dropped, place).ok, false);
  assert.equal(sessions.find(cookie, page), undefined);
  const late = sessions.invite('phone', []);
  now += 10 * 60_000;
  assert.equal(sessions.begin(late, place).ok, false);
});
