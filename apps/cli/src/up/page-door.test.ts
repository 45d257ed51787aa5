import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { homeAt } from '../shell/home.ts';
import { newFolder, removeFolder } from '../testing/run-ioi.ts';
import { openPageDoor } from './page-door.ts';

test('the page keeps its port, and takes none that somebody else has half of', async () => {
  const home = homeAt(newFolder());
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const first = await openPageDoor(home, say);
  first.close();
  const again = await openPageDoor(home, say);
  assert.equal(again.origin, first.origin);
  again.close();
  const port = Number(new URL(first.origin).port);
  for (const host of ['127.0.0.1', '::1']) {
    const other = createServer().listen(port, host);
    await once(other, 'listening');
    const moved = await openPageDoor(home, say);
    assert.notEqual(moved.origin, first.origin);
    moved.close();
    other.close();
    await once(other, 'close');
  }
  assert.match(said.join(), /is taken/);
  const back = await openPageDoor(home, say);
  assert.equal(back.origin, first.origin);
  back.close();
  removeFolder(home.folder);
});

test('a lost or changed note of the port keeps no node from starting', async () => {
  const home = homeAt(newFolder());
  const first = await openPageDoor(home, () => {});
  first.close();
  for (const text of ['', 'null', '{"port":70000}', '{"port":"22"}', '{"port":0.5}']) {
    writeFileSync(join(home.folder, 'page.json'), text);
    const again = await openPageDoor(home, () => {});
    assert.equal(again.origin, first.origin, text);
    again.close();
  }
  removeFolder(home.folder);
});

test('whoever opens connections and says nothing holds a few of them', async () => {
  const home = homeAt(newFolder());
  const door = await openPageDoor(home, () => {});
  let accepted = 0;
  door.lead(() => {
    accepted += 1;
  });
  const port = Number(new URL(door.origin).port);
  const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
  const [last] = sockets.slice(-1);
  for (const socket of sockets) socket.on('error', () => {});
  if (last !== undefined) await once(last, 'close');
  assert.equal(accepted, 64);
  for (const socket of sockets) socket.destroy();
  door.close();
  removeFolder(home.folder);
});
