import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Callers } from './callers.ts';

const from = (remoteAddress: string): Socket =>
  Object.assign(new EventEmitter(), { remoteAddress }) as unknown as Socket;

test('who comes and goes on and on keeps nobody else from the name', () => {
  for (const [hasty, other] of [
    ['192.0.2.1', '192.0.2.2'],
    ['2001:db8:1:1::', '2001:db8:1:2::1'],
  ] as const) {
    const callers = new Callers();
    let entered = 0;
    for (let count = 0; count < 500; count += 1) {
      const socket = from(hasty.includes(':') ? `${hasty}${count.toString(16)}` : hasty);
      if (callers.enter('laptop.relay.example.org', socket)) entered += 1;
      socket.emit('close');
    }
    assert.equal(entered, 16);
    assert.ok(callers.enter('laptop.relay.example.org', from(other)));
  }
});
