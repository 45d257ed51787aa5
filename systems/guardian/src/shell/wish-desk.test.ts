import assert from 'node:assert/strict';
import { test } from 'node:test';
import { err, ok } from '@ioi/basis';
import type { PageSession } from './page-sessions.ts';
import type { StatementDesk, Wish } from './statement-desk.ts';
import { WishDesk } from './wish-desk.ts';

const GRANT = `grant_${'a'.repeat(32)}`;
const REQUEST = `authreq_${'a'.repeat(32)}`;
const LONG = `scope:${'x'.repeat(4_000)}`;

test('what is taken back on a page is signed as it was shown, once', async () => {
  const signed: unknown[] = [];
  const statements = {
    review: ({ operation, asked }: Wish) =>
      asked['authority_grant_id'] === GRANT || operation !== 'grant.revoke'
        ? ok({
            operation,
            review_hash: `of ${operation}`,
            words: [operation === 'grant.issue' ? LONG : 'it ends'],
          })
        : err({ code: 'grant.unknown', message: 'no such grant' }),
    sign: async (...given: unknown[]) => {
      signed.push(given);
      return ok({});
    },
  } as unknown as StatementDesk;
  const desk = new WishDesk({ statements, chainTime: () => 0n });
  const session = {} as PageSession;
  assert.equal((await desk.sign(session, 'of grant.revoke', 'x')).ok, false, 'nothing is shown');
  const unknown = desk.propose(session, { revoke: `grant_${'b'.repeat(32)}` });
  assert.equal(!unknown.ok && unknown.error.code, 'grant.unknown');
  const other = desk.propose(session, { revoke: 'factor' });
  assert.equal(!other.ok && other.error.code, 'wish.unknown');
  assert.equal(desk.propose(session, { revoke: GRANT }).ok, true);
  assert.equal((await desk.sign(session, 'of epoch.advance', 'x')).ok, false, 'another is shown');
  assert.deepEqual(signed, []);
  assert.equal((await desk.sign(session, 'of grant.revoke', 'x')).ok, true);
  const wish = { operation: 'grant.revoke', asked: { authority_grant_id: GRANT } };
  assert.deepEqual(signed, [[wish, 'of grant.revoke', 'x']]);
  assert.equal((await desk.sign(session, 'of grant.revoke', 'x')).ok, false, 'it was signed');
  const lease = desk.propose(session, { lease: REQUEST });
  assert.equal(!lease.ok && lease.error.code, 'wish.too_long_to_show');
  assert.equal((await desk.sign(session, 'of grant.issue', 'x')).ok, false, 'it is not shown');
  desk.propose(session, { revoke: 'everything' });
  desk.leave(session);
  assert.equal((await desk.sign(session, 'of epoch.advance', 'x')).ok, false, 'it was left');
});
