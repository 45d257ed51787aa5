import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { SocketReply } from './socket-reply.ts';

test('a program that stops reading holds no connection open', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const problem = { status: 403, code: 'policy.default_deny', title: 'x' };
  for (const answer of [{ kind: 'replied' }, { kind: 'problem', problem }] as const) {
    const near = new Duplex({ read: () => {}, write: () => {} });
    near.write('what it does not read');
    new SocketReply(near).finish(answer);
    assert.equal(near.destroyed, false);
    t.mock.timers.tick(10_000);
    assert.equal(near.destroyed, true);
  }
});
