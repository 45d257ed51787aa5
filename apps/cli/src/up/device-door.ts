import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Pace } from '@ioi/basis';
import { RelayLink, type RelayLinkOptions, type RelayLinkStatus } from './relay-link.ts';

/** What the guardian asks for, and why it was not done; nothing where it was. */
type Answer = {
  readonly code?: string;
  readonly message?: string;
  readonly relay?: RelayLinkStatus;
};

/** The relay that was joined, if any: looked up when it is wanted. */
export type Joined = () => Omit<RelayLinkOptions, 'accept'> | undefined;

/** Whoever reaches this machine may connect: what one holds open is little, and not for long. */
const MOST_CONNECTIONS = 64;
const MOST_OF_ONE = 16;
const SILENT_MS = 120_000;
/** Each begins with TLS, which the guardian works out beside its seals. */
const MOST_A_SECOND = 32;

/**
 * Listens for other devices where the guardian asks for it, here or at a relay, which nobody else
 * can do, and hands over connections unread: they are TLS, and the guardian alone has its key.
 */
export class DeviceDoor {
  readonly #accept: (socket: Socket) => void;
  readonly #joined: Joined;
  #server: Server | undefined;
  #link: RelayLink | undefined;
  readonly #open = new Map<string, number>();
  readonly #pace = new Pace(MOST_A_SECOND);

  constructor(accept: (socket: Socket) => void, joined: Joined) {
    this.#accept = accept;
    this.#joined = joined;
  }

  async answer(body: unknown): Promise<Answer> {
    const { kind, port, address, relay, name } = Object(body) as Record<string, unknown>;
    if (kind === 'relay') return this.#link ? { relay: this.#link.status() } : {};
    this.close();
    if (kind === 'close') return {};
    if (kind === 'listen' && relay === true) return this.#listenThere(String(name));
    if (kind !== 'listen' || typeof port !== 'number') {
      return { code: 'door.unknown', message: 'the supervisor was asked for something else' };
    }
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on('error', () => {});
      if (this.#mayCome(socket)) this.#take(socket);
      else socket.destroy();
    });
    // A connection that could not be accepted is no reason to end.
    server.on('error', () => {});
    server.maxConnections = MOST_CONNECTIONS;
    this.#server = server;
    try {
      server.listen({ port, ...(typeof address === 'string' ? { host: address } : {}) });
      await once(server, 'listening');
      return {};
    } catch (fault) {
      const { code, message } = fault as NodeJS.ErrnoException;
      return { code: 'listener.not_listening', message: `port ${port}: ${code ?? message}` };
    }
  }

  /** Nothing of this machine listens then: approvers come over the connection that it makes. */
  #listenThere(name: string): Answer {
    const joined = this.#joined();
    if (joined === undefined) {
      const message = 'this node joined no relay: ioi relay join HOST:PORT --name NAME';
      return { code: 'listener.no_relay', message };
    }
    if (joined.name !== name) {
      const message = `approvers come to the relay for ${joined.name}, not for ${name}`;
      return { code: 'listener.bad_name', message };
    }
    this.#link = new RelayLink({ ...joined, accept: (socket) => this.#take(socket) });
    return { relay: this.#link.status() };
  }

  #take(socket: Socket): void {
    socket.setTimeout(SILENT_MS, () => socket.destroy());
    this.#accept(socket);
  }

  /** Nobody takes all the room, and all together no more than the guardian can do beside. */
  #mayCome(socket: Socket): boolean {
    const from = socket.remoteAddress ?? '';
    const count = this.#open.get(from) ?? 0;
    if (!this.#pace.isWithin(performance.now()) || count >= MOST_OF_ONE) return false;
    this.#open.set(from, count + 1);
    socket.once('close', () => {
      const left = (this.#open.get(from) ?? 1) - 1;
      if (left > 0) this.#open.set(from, left);
      else this.#open.delete(from);
    });
    return true;
  }

  close(): void {
    this.#server?.close();
    this.#server = undefined;
    this.#link?.close();
    this.#link = undefined;
  }
}
