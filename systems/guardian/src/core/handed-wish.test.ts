import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GovernanceReview } from '@ioi/protocol';
import { isWishShowable, wishOf, wishView } from './handed-wish.ts';

const HEX = '0123456789abcdef0123456789abcdef';

test('what may be handed over is an id to take back, or one to lease on fixed terms', () => {
  const wish = (handed: object) => wishOf(handed, 1_000n);
  assert.deepEqual(wish({ revoke: `grant_${HEX}` }), {
    operation: 'grant.revoke',
    asked: { authority_grant_id: `grant_${HEX}` },
  });
  assert.equal(wish({ revoke: `cert_${HEX}` })?.operation, 'certificate.revoke');
  assert.deepEqual(wish({ revoke: 'everything' }), { operation: 'epoch.advance', asked: {} });
  assert.deepEqual(wish({ lease: `authreq_${HEX}`, constraints: { max_calls: '9999' } }), {
    operation: 'grant.issue',
    asked: {
      authority_request_id: `authreq_${HEX}`,
      lease: true,
      constraints: { max_calls: '50', expires_at: '28801000' },
    },
  });
  const others = [
    {},
    { revoke: '' },
    { revoke: `authreq_${HEX}` },
    { lease: `grant_${HEX}` },
    { lease: 'everything' },
    { revoke: `grant_${HEX}`, lease: `authreq_${HEX}` },
    { revoke: 'everything', lease: `authreq_${HEX}` },
    { revoke: [`grant_${HEX}\n`] },
    { revoke: { toString: null } },
  ];
  for (const handed of others) assert.equal(wish(handed), undefined);
});

test('what gives more than is shown is not signed on a page; what takes back is', () => {
  const of = (operation: string, words: readonly string[]) =>
    isWishShowable({ operation, words } as unknown as GovernanceReview);
  const long = `scope:${'x'.repeat(4_000)}`;
  assert.equal(of('grant.issue', ['scope:x']), true);
  assert.equal(of('grant.issue', ['scope:x', long]), false);
  assert.equal(of('grant.issue', Array(1_001).fill('scope:x')), false);
  assert.equal(of('grant.revoke', [long]), true);
});

test('what is to be signed is shown inert, and says whether it gives', () => {
  const review = {
    operation: 'grant.revoke',
    review_hash: 'sha256:1',
    words: ['agent://a\u202eb may no longer do this:', 'scope:x\u001b[2J'],
  } as unknown as GovernanceReview;
  const view = wishView(review);
  assert.deepEqual([view.title, view.widens], ['A grant to take back', false]);
  assert.match(view.words.join('\n'), /agent:\/\/a\\u\{202e\}b .*\nscope:x\\u\{1b\}\[2J/);
  assert.equal(wishView({ ...review, operation: 'grant.issue' }).widens, true);
});
