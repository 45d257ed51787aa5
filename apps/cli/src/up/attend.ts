import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { AskPipe } from '@ioi/frames/shell';
import type { Home, Sockets } from '../shell/home.ts';
import { joinedRelay } from '../shell/relay-settings.ts';
import { DeviceDoor } from './device-door.ts';
import { openVault } from './open-vault.ts';
import type { PageDoor } from './page-door.ts';
import { spliceInto, spliceListener } from './splice.ts';

/** Our ends of the streams of a guardian. */
export type GuardianStreams = {
  readonly approvals: Duplex;
  readonly page: Duplex;
  readonly door: Duplex;
  readonly devices: Duplex;
};

export type Attending = {
  readonly home: Home;
  readonly sockets: Sockets;
  readonly door: PageDoor;
  readonly streams: GuardianStreams;
  readonly say: (line: string) => void;
};

/** Listens for a guardian, who cannot, until told to stop. */
export async function attend(attending: Attending): Promise<{ close(): void }> {
  const { home, sockets, door, streams, say } = attending;
  const server = await listenPrivately(spliceListener(streams.approvals), sockets.guardian);
  void openVault({ sockets, environment: process.env, say });
  door.lead(spliceInto(streams.page));
  const remote = new DeviceDoor(spliceInto(streams.devices), () => joinedRelay(home));
  new AskPipe(streams.door, (body) => remote.answer(body));
  return {
    close: () => {
      door.lead(undefined);
      remote.close();
      server.close();
    },
  };
}

const ENTERED_BY_GROUP = 0o050;

/** As open as its folder: for this account, or for the group that may enter there too. */
async function listenPrivately(server: Server, path: string): Promise<Server> {
  rmSync(path, { force: true });
  const before = process.umask(0o177);
  server.listen(path);
  await once(server, 'listening');
  process.umask(before);
  const isOfGroup = (statSync(dirname(path)).mode & ENTERED_BY_GROUP) === ENTERED_BY_GROUP;
  await chmod(path, isOfGroup ? 0o660 : 0o600);
  return server;
}
