import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { hashOf, smallLog, type TestAgent } from '../../testing/index.ts';
import { MOST_EXTENSION_MS } from './extend-action.ts';

const HOUR_MS = 3_600_000n;
const EXISTING = { target_exists: true };

function waiting(agent: TestAgent) {
  const asked = agent.write('/notes/x', EXISTING);
  const { expires } = agent.decide(asked);
  assert.ok(expires);
  const request_hash = hashOf(asked.request);
  const extend = (until: bigint): string => {
    const payload = { request_hash, expires: String(until) };
    const tried = agent.node.tryAdmit(agent.node.propose('action.extend', payload));
    return tried.ok ? 'admitted' : tried.error.code;
  };
  const deny = (): string => {
    const payload = { request_hash, reason: 'expired' };
    const tried = agent.node.tryAdmit(agent.node.propose('action.deny', payload));
    return tried.ok ? 'admitted' : tried.error.code;
  };
  return { asked, extend, deny, until: BigInt(expires) };
}

test('what waits is given more time, and can be approved in it and expires after it', () => {
  const agent = smallLog();
  const { asked, until, deny } = waiting(agent);
  agent.extend(asked, HOUR_MS);
  agent.node.chainTime = until + 1n;
  assert.equal(deny(), 'action.not_expired');
  assert.equal(agent.action(asked.request).expires, String(until + HOUR_MS));
  assert.equal(agent.action(asked.request).expired_first, String(until));
  agent.extend(asked, HOUR_MS);
  agent.node.chainTime = until + 2n * HOUR_MS - 1n;
  assert.equal(deny(), 'action.not_expired');
  assert.equal(agent.approve(asked).state, 'committed');
});

test('time that was given is over in the end', () => {
  const agent = smallLog();
  const { asked, until, deny, extend } = waiting(agent);
  agent.extend(asked, HOUR_MS);
  agent.node.chainTime = until + HOUR_MS;
  assert.equal(extend(until + 2n * HOUR_MS), 'approval.expired');
  assert.equal(deny(), 'admitted');
  agent.deny(asked, 'expired');
  assert.equal(agent.action(asked.request).state, 'denied');
  assert.equal(extend(until + 2n * HOUR_MS), 'action.not_pending');
});

test('time that was given only grows, and by no more than a named most in all', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(-HOUR_MS, MOST_EXTENSION_MS), { maxLength: 12 }), (steps) => {
      const agent = smallLog();
      const { asked, until: first, extend } = waiting(agent);
      let until = first;
      for (const step of steps) {
        const wanted = until + step;
        const isTooLong = wanted > first + MOST_EXTENSION_MS;
        const refused = isTooLong ? 'extension.too_long' : 'extension.not_longer';
        const isFine = step > 0n && !isTooLong;
        assert.equal(extend(wanted), isFine ? 'admitted' : refused);
        if (!isFine) continue;
        agent.extend(asked, step);
        until = wanted;
      }
      assert.equal(agent.action(asked.request).expires, String(until));
    }),
    { numRuns: 30 },
  );
});

test('nothing is given time that does not wait', () => {
  const agent = smallLog();
  const { asked, until, extend } = waiting(agent);
  agent.approve(asked);
  assert.equal(extend(until + HOUR_MS), 'action.not_pending');
  const payload = { request_hash: hashOf('nothing'), expires: '1' };
  const tried = agent.node.tryAdmit(agent.node.propose('action.extend', payload));
  assert.ok(!tried.ok && tried.error.code === 'action.not_pending');
});
