import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { NodeSays, RelayAddress } from '@ioi/law';
import { type Opening, openingOf } from '../core/index.ts';
import { Callers } from './callers.ts';
import { joinSockets } from './join-sockets.ts';
import { LinkedNodes, type RelayEvent } from './linked-nodes.ts';
import { OpeningDesk } from './opening-desk.ts';
import type { Register } from './register.ts';

export type RelayOptions = {
  /** `host:port`, as nodes were told; where it listens unless told. */
  readonly address?: string;
  readonly register: Register;
  readonly say: (event: RelayEvent) => void;
};

type Waiting = {
  readonly socket: Socket;
  readonly first: Uint8Array;
  /** It waits no longer. */
  readonly over: () => void;
};

const MOST_CONNECTIONS = 4096;
/** A node answers a call within this. */
const ANSWER_MS = 10_000;
/** Of a connection on which nothing moves, either way. */
const SILENT_MS = 120_000;
/** How soon a name that was removed is nobody's. */
const LOOK_MS = 1000;
const TOKEN_BYTES = 32;
/** Of TLS: fatal, unrecognized_name (RFC 6066 3). */
const NO_SUCH_NAME = Buffer.from([0x15, 3, 3, 0, 2, 2, 112]);

/**
 * Joins approvers, who come for a name, to the node that proved to have it. TLS ends in the
 * guardian of that node, so what passes here is ciphertext, and nothing here can approve.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #nodes: LinkedNodes;
  readonly #waiting = new Map<string, Waiting>();
  readonly #callers = new Callers();
  readonly #sockets = new Set<Socket>();
  readonly #look: NodeJS.Timeout;
  readonly #server: Server;

  constructor(options: RelayOptions) {
    const { register, say } = options;
    this.#options = options;
    const onRemoved = (name: string): void => this.#callers.cut(name);
    this.#nodes = new LinkedNodes({ register, say, onRemoved });
    const desk = new OpeningDesk(openingOf, (...opened) => this.#opened(...opened));
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on('error', () => {});
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      desk.receive(socket);
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#look = setInterval(() => this.#nodes.lookForRemoved(), LOOK_MS);
  }

  /** Gives the addresses: where it listens, and as nodes and approvers know it. */
  async listen(place: RelayAddress): Promise<{ listens: string; address: string }> {
    this.#server.listen(place);
    await once(this.#server, 'listening');
    // A connection that could not be accepted is no reason to end.
    this.#server.on('error', () => {});
    const { address: host, family, port } = this.#server.address() as AddressInfo;
    const listens = `${family === 'IPv6' ? `[${host}]` : host}:${port}`;
    const address = this.#options.address ?? listens;
    this.#nodes.address = address;
    return { listens, address };
  }

  close(): void {
    clearInterval(this.#look);
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #opened(socket: Socket, opening: Opening, first: Uint8Array): void {
    if (opening.kind === 'approver') this.#call(socket, opening.name, first);
    else if (opening.kind === 'node') this.#hear(socket, opening.says, opening.rest);
    else socket.destroy();
  }

  /** The first frame of a node. Before the challenge nothing follows it. */
  #hear(socket: Socket, says: NodeSays, rest: Uint8Array): void {
    if (says.kind === 'take') this.#take(socket, says.token, rest);
    else if (says.kind === 'link' && rest.length === 0) {
      this.#nodes.ask(socket, says.name, says.key);
    } else socket.destroy();
  }

  /** Whoever comes for a name waits until its node opens a connection for it. */
  #call(socket: Socket, name: string, first: Uint8Array): void {
    const link = this.#nodes.linkOf(name);
    if (link === undefined) {
      socket.write(NO_SUCH_NAME);
      socket.destroySoon();
      return;
    }
    if (!this.#callers.enter(name, socket)) return void socket.destroy();
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    const late = setTimeout(() => socket.destroy(), ANSWER_MS);
    const over = (): void => {
      clearTimeout(late);
      this.#waiting.delete(token);
    };
    socket.once('close', over);
    this.#waiting.set(token, { socket, first, over });
    link.tell({ kind: 'call', token });
  }

  /** Who knows the token was told it by us, on the connection of the node that has the name. */
  #take(socket: Socket, token: string, rest: Uint8Array): void {
    const waiting = this.#waiting.get(token);
    if (waiting === undefined) return void socket.destroy();
    waiting.over();
    socket.write(waiting.first);
    if (rest.length > 0) waiting.socket.write(rest);
    joinSockets(waiting.socket, socket, SILENT_MS);
  }
}
