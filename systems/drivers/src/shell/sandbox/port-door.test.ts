import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { openPortDoor } from './port-door.ts';

const MOST = 1024;

test('whoever comes to the door very often takes up so many descriptors at most', async (t) => {
  const door = openPortDoor(() => {});
  t.after(door.close);
  const near: Socket[] = [];
  t.after(() => {
    for (const each of near) each.destroy();
  });
  while (near.length < MOST) {
    const one = connect(door.socket);
    await once(one, 'connect');
    near.push(one);
  }
  const late = connect(door.socket);
  await once(late.resume(), 'close');
  assert.ok(near.every(({ destroyed }) => !destroyed));
});
