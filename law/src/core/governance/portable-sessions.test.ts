import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import type { IssueSessionLease } from '@ioi/protocol';
import { hashOf, smallLog, TestGovernor } from '../../testing/index.ts';
import { isRevoked, standingRevocations } from './portable-sessions.ts';
import { type Signable, signableBytes, signedPayload } from './signable.ts';

type Fields = IssueSessionLease['session'];

class Issuing {
  readonly governor = new TestGovernor(smallLog());
  readonly owner = this.governor.node.owner;

  session(name: string, fields: Partial<Fields> = {}): Fields {
    return {
      session_id: hashOf(name),
      subject_id: 'agent://test/dashboard',
      issuer_id: this.owner.keyId,
      audience: 'agentgres://domain/market.example',
      policy_hash: this.governor.activePolicy(),
      capability_subset: [],
      projection_scope: ['projection://*/actions'],
      expires_at: String(this.now + 60_000n),
      revocation_epoch: '0',
      ...fields,
    };
  }

  get now(): bigint {
    return this.governor.node.chainTime;
  }

  payload(signable: Signable, key: HybridKey = this.owner): object {
    const message = signableBytes(signable, this.governor.node.genesis);
    return signedPayload(signable, signHybrid(key, 'SIG_DOMAIN_MANIFEST', message));
  }

  issue(session: Fields, key?: HybridKey): object {
    return this.payload({ operation: 'session_lease.issue', statement: session }, key);
  }

  revoke(names: readonly string[], sequence: string, key?: HybridKey): object {
    const statement = { session_ids: names.map((each) => hashOf(each)), sequence };
    return this.payload({ operation: 'session_lease.revoke', statement }, key);
  }

  refused(operation: string, payload: object): string {
    return this.governor.try(operation, payload);
  }
}

const ISSUE = 'session_lease.issue';
const REVOKE = 'session_lease.revoke';

test('only the owner issues a session, once, about this node as it is, with an end', () => {
  const issuing = new Issuing();
  const { governor, now } = issuing;
  const session = issuing.session('first');
  const wrong: [Partial<Fields>, string][] = [
    [{ issuer_id: generateHybridKey().keyId }, 'session.moved'],
    [{ policy_hash: hashOf('another') }, 'session.moved'],
    [{ revocation_epoch: '7' }, 'session.moved'],
    [{ expires_at: String(now) }, 'session.too_long'],
    [{ expires_at: String(now + 91n * 86_400_000n) }, 'session.too_long'],
  ];
  for (const [fields, code] of wrong) {
    assert.equal(issuing.refused(ISSUE, issuing.issue({ ...session, ...fields })), code);
  }
  const stranger = issuing.issue(session, generateHybridKey());
  assert.equal(issuing.refused(ISSUE, stranger), 'governance.unauthorised');
  const changed = { ...issuing.issue(session), session: { ...session, subject_id: 'x' } };
  assert.equal(issuing.refused(ISSUE, changed), 'governance.unauthorised');
  governor.do(ISSUE, issuing.issue(session));
  assert.equal(issuing.refused(ISSUE, issuing.issue(session)), 'session.exists');
});

test('a revocation holds from its seal on, once, and is told until the session is over', () => {
  const issuing = new Issuing();
  const { governor } = issuing;
  for (const name of ['first', 'second', 'third']) {
    const more = name === 'second' ? { expires_at: String(issuing.now + 600_000n) } : {};
    governor.do(ISSUE, issuing.issue(issuing.session(name, more)));
  }
  const { view } = governor.node;
  const stranger = issuing.revoke(['first'], '1', generateHybridKey());
  assert.equal(issuing.refused(REVOKE, stranger), 'governance.unauthorised');
  assert.equal(issuing.refused(REVOKE, issuing.revoke(['other'], '1')), 'session.unknown');
  assert.equal(issuing.refused(REVOKE, issuing.revoke(['first'], '2')), 'session.moved');
  governor.do(REVOKE, issuing.revoke(['first', 'second'], '1'));
  assert.ok(isRevoked(view, hashOf('first')) && isRevoked(view, hashOf('second')));
  assert.ok(!isRevoked(view, hashOf('third')));
  assert.equal(issuing.refused(REVOKE, issuing.revoke(['first'], '1')), 'session.moved');
  assert.equal(issuing.refused(REVOKE, issuing.revoke(['first'], '2')), 'session.revoked');
  const standing = (later: bigint) => standingRevocations(view, issuing.now + later).length;
  assert.deepEqual([standing(0n), standing(100_000n), standing(700_000n)], [2, 1, 0]);
});
