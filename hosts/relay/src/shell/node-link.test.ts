import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { mock, test } from 'node:test';
import { encodeFrame } from '@ioi/frames';
import { relayFrame } from '@ioi/law';
import { NodeLink } from './node-link.ts';

/** A socket of which every write resets its own clock, and nothing comes. */
class Silent extends EventEmitter {
  destroyed = false;
  readonly writableLength = 0;
  readonly setTimeout = (): void => {};
  readonly resume = (): void => {};
  readonly write = (): void => {};

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }
}

test('a node that is gone without a word is noticed, however many come for it', () => {
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    const socket = new Silent();
    const link = new NodeLink(socket as unknown as Socket, () => {});
    for (let count = 0; count < 20; count += 1) {
      socket.emit('data', Buffer.from(encodeFrame(relayFrame({ kind: 'ping' }))));
      mock.timers.tick(30_000);
    }
    assert.equal(socket.destroyed, false);
    for (let count = 0; count < 4; count += 1) {
      link.tell({ kind: 'call', token: '00'.repeat(32) });
      mock.timers.tick(30_000);
    }
    assert.ok(socket.destroyed);
  } finally {
    mock.timers.reset();
  }
});
