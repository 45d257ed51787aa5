import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from '@ioi/basis';
import { type PagePlace, pagePlaceOf } from '../core/index.ts';
import { MatchCodes } from './match-codes.ts';
import { PageDesk, type PageDeskOptions } from './page-desk.ts';
import { type PageSession, PageSessions, type Unlocked } from './page-sessions.ts';

const HERE = pagePlaceOf('http://localhost:4747');
const DEVICE = pagePlaceOf('https://approve.example:8443');
const CHANGES = [{ path: ['path'], value: '/b' }];
const EDIT = { changes: CHANGES, passphrase: undefined };

type Opener = { means: 'session' | 'sign_in' } | undefined;

/** Requests are named for their risk; edits of them are called `${request}+`. */
function desk(opener: () => Opener) {
  const sessions = new PageSessions(() => 0);
  const matches = new MatchCodes();
  const tokens = {
    item: (hash: string) => ({ contract: { risk_class: hash.split('+')[0] } }),
    opener: () => (opener() === undefined ? err('no such factor') : ok(opener())),
  };
  const edits = { order: async (hash: string) => ok({ request_hash: `${hash}+`, verdict: 'x' }) };
  const extensions = { order: async () => ok({}) };
  const approver = { tokens, denyVerified: () => ok(undefined) };
  const guardian = { chainTime: () => 0n };
  const lock = { open: async (given: string) => (given === 'right' ? ok({}) : err({})) };
  const options = { guardian, approver, sessions, matches, edits, extensions, lock };
  return { sessions, matches, page: new PageDesk(options as unknown as PageDeskOptions) };
}

function opened(sessions: PageSessions, place: PagePlace): PageSession {
  const begun = place.isDevice
    ? ok(sessions.enter(place, 'sha256:a'))
    : sessions.begin(sessions.launch(), place);
  assert.ok(begun.ok);
  const found = sessions.find(begun.value.cookie, begun.value.page);
  assert.ok(found);
  return found;
}

const UNLOCKED = { session: { expires: '1000' } } as unknown as Unlocked;

test('who signed in at a provider edits what is of low risk alone', async () => {
  let means: 'session' | 'sign_in' = 'sign_in';
  const { sessions, page } = desk(() => ({ means }));
  const session = opened(sessions, HERE);
  sessions.unlock(session, UNLOCKED);
  assert.equal((await page.edit(session, 'low', EDIT)).ok, true);
  const refused = await page.edit(session, 'high', EDIT);
  assert.equal(!refused.ok && refused.error.code, 'approver.not_verified');
  const asOwner = { ...EDIT, passphrase: 'right' };
  assert.equal((await page.edit(session, 'high', asOwner)).ok, true);
  means = 'session';
  assert.equal((await page.edit(session, 'high', EDIT)).ok, true);
});

test('who signed in at a provider gives more time to what is of low risk alone', async () => {
  const { sessions, page } = desk(() => ({ means: 'sign_in' }));
  const session = opened(sessions, HERE);
  const more = { moreMs: 1n, passphrase: undefined };
  assert.equal((await page.extend(session, 'low', more)).ok, false, 'nobody unlocked it');
  sessions.unlock(session, UNLOCKED);
  assert.equal((await page.extend(session, 'low', more)).ok, true);
  const refused = await page.extend(session, 'high', more);
  assert.equal(!refused.ok && refused.error.code, 'approver.not_verified');
  assert.equal((await page.extend(session, 'high', { ...more, passphrase: 'right' })).ok, true);
});

test('a page that was unlocked by who is revoked since edits and denies nothing', async () => {
  let opener: Opener = { means: 'session' };
  const { sessions, page } = desk(() => opener);
  const session = opened(sessions, HERE);
  sessions.unlock(session, UNLOCKED);
  assert.equal((await page.deny(session, 'low', { reason: '' })).ok, true);
  opener = undefined;
  assert.equal((await page.deny(session, 'low', { reason: '' })).ok, false);
  assert.equal((await page.edit(session, 'low', EDIT)).ok, false);
});

test('an edit on a device gives nobody more guesses at a match code', async () => {
  const { sessions, matches, page } = desk(() => undefined);
  const session = opened(sessions, DEVICE);
  for (const given of ['', 'x', 'y']) matches.check(session, 'high', given);
  assert.equal((await page.edit(session, 'high', EDIT)).ok, true);
  const checked = matches.check(session, 'high+', matches.code(session, 'high+'));
  assert.equal(!checked.ok && checked.error.code, 'match.closed');
});
