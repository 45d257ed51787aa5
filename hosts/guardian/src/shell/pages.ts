import { Socket } from 'node:net';
import { AskPipe } from '@ioi/frames/shell';
import { type GuardianNotice, type PagePlace, pagePlaceOf } from '@ioi/guardian';
import {
  type Approver,
  type ClientSecrets,
  DeviceDesk,
  DraftDesk,
  type EditDesk,
  type ExtensionDesk,
  type Guardian,
  MatchCodes,
  type OwnerLock,
  PageDesk,
  PageSessions,
  SignInDesk,
  type StatementDesk,
  type UnlockDesk,
  WishDesk,
} from '@ioi/guardian/shell';
import { deviceActs } from './device-acts.ts';
import { DeviceListener } from './device-listener.ts';
import { acceptMuxed } from './mux-listener.ts';
import { pageActs, signInActs } from './page-acts.ts';
import { devicePageServer, pageServer } from './page-server.ts';
import { policyActs, stepUpActs, wishActs } from './policy-acts.ts';
import { vaultActs } from './vault-acts.ts';

/** Inherited where the supervisor opened the page: connections to it. */
const PAGE_FD = 6;
/** And, for other devices: what the supervisor is asked to listen on, and its connections. */
const DOOR_FD = 7;
const DEVICES_FD = 8;

export type PagesOptions = {
  /** The guardian's own. */
  readonly folder: string;
  readonly edits: EditDesk;
  readonly extensions: ExtensionDesk;
  readonly guardian: Guardian;
  readonly approver: Approver;
  readonly desk: StatementDesk;
  readonly lock: OwnerLock;
  readonly unlockDesk: UnlockDesk;
  readonly clients: ClientSecrets;
  readonly notify: (notice: GuardianNotice) => void;
  readonly now: () => number;
  readonly policyText: (hash: string) => string | undefined;
  /** `http://localhost:4747`, where the supervisor listens for the page. */
  readonly origin: string | undefined;
};

export type Pages = {
  readonly sessions: PageSessions;
  readonly place: PagePlace | undefined;
  readonly streams: readonly Socket[];
  readonly devices: DeviceDesk;
  /** Absent where the supervisor opened no page. */
  readonly listener: DeviceListener;
};

/** Serves the page to whatever streams the supervisor splices in. */
export function openPages(options: PagesOptions): Pages {
  const { desk: statements, origin, folder, now, lock, approver, ...rest } = options;
  const sessions = new PageSessions(now);
  const matches = new MatchCodes();
  const { tokens } = approver;
  const devices = new DeviceDesk({ sessions, statements, tokens, matches, now });
  const desk = new PageDesk({ ...rest, approver, lock, statements, sessions, devices, matches });
  const serve = (place: PagePlace, tls: { cert: string; key: string }) => {
    const acts = deviceActs({ place, sessions, desk, devices });
    return devicePageServer({ place, sessions, acts }, tls);
  };
  const streams = origin === undefined ? [] : [PAGE_FD, DOOR_FD, DEVICES_FD].map(inherited);
  const [pages, door, remote] = streams;
  const pipe = door && new AskPipe(door, async () => ({ code: 'door.unknown' }));
  const ask = async (body: object): Promise<unknown> =>
    pipe ? pipe.ask(body) : { code: 'page.none', message: 'this node was started without a page' };
  const listener = new DeviceListener({ folder, lock, devices, ask, serve });
  if (remote) acceptMuxed(remote, (connection) => listener.accept(connection));
  void listener.resume();
  const place = origin === undefined ? undefined : pagePlaceOf(origin);
  if (place && pages) {
    const { guardian, notify, clients } = options;
    const signIns = new SignInDesk({ guardian, tokens, sessions, notify, clients });
    const wishes = new WishDesk({ statements, chainTime: () => guardian.chainTime() });
    const ofHere = {
      ...signInActs(signIns),
      ...vaultActs(options.unlockDesk),
      ...policyActs(new DraftDesk(approver)),
      ...wishActs(wishes),
      ...stepUpActs(desk, approver.stepUps),
    };
    const acts = { ...pageActs({ place, sessions, desk }), ...ofHere };
    const server = pageServer({ place, sessions, acts });
    acceptMuxed(pages, (connection) => server.emit('connection', connection));
  }
  return { sessions, place, streams, devices, listener };
}

function inherited(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: true });
}
