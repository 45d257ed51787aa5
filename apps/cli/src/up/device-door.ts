import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** What the guardian asks for, and why it was not done; nothing where it was. */
type Answer = { readonly code?: string; readonly message?: string };

/** Whoever reaches this machine may connect: what one holds open is little, and not for long. */
const MOST_CONNECTIONS = 64;
const MOST_OF_ONE = 16;
const SILENT_MS = 120_000;
/** Each begins with TLS, which the guardian works out beside its seals. */
const MOST_A_SECOND = 32;
const SECOND_MS = 1000;

/**
 * Listens for other devices where the guardian asks for it, which nobody else can do, and hands
 * over connections unread: they are TLS, and the guardian alone has its key.
 */
export class DeviceDoor {
  readonly #accept: (socket: Socket) => void;
  #server: Server | undefined;
  readonly #open = new Map<string, number>();
  #second = { since: 0, count: 0 };

  constructor(accept: (socket: Socket) => void) {
    this.#accept = accept;
  }

  async answer(body: unknown): Promise<Answer> {
    const { kind, port, address } = Object(body) as Record<string, unknown>;
    this.close();
    if (kind === 'close') return {};
    if (kind !== 'listen' || typeof port !== 'number') {
      return { code: 'door.unknown', message: 'the supervisor was asked for something else' };
    }
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      if (!this.#mayCome(socket)) return void socket.destroy();
      socket.setTimeout(SILENT_MS, () => socket.destroy());
      this.#accept(socket);
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

  /** Nobody takes all the room, and all together no more than the guardian can do beside. */
  #mayCome(socket: Socket): boolean {
    const now = performance.now();
    if (now - this.#second.since >= SECOND_MS) this.#second = { since: now, count: 0 };
    this.#second.count += 1;
    const from = socket.remoteAddress ?? '';
    const count = this.#open.get(from) ?? 0;
    if (this.#second.count > MOST_A_SECOND || count >= MOST_OF_ONE) return false;
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
  }
}
