import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Pace } from '@ioi/basis';
import { type HybridPublicKey, type HybridSignature, keyId, verifierRegistry } from '@ioi/crypto';
import { linkProofBytes, type NodeSays, type RelayAddress } from '@ioi/law';
import { openingOf } from '../core/index.ts';
import { Callers } from './callers.ts';
import { joinSockets } from './join-sockets.ts';
import { NodeLink } from './node-link.ts';
import { OpeningDesk } from './opening-desk.ts';
import type { Register } from './register.ts';

export type RelayOptions = {
  /** `host:port`, as nodes were told: what they prove is for this alone. Where it listens unless told. */
  readonly address?: string;
  readonly register: Register;
  readonly say: (event: RelayEvent) => void;
};

export type RelayEvent = { readonly event: 'linked' | 'away' | 'removed'; readonly name: string };

type Linked = { readonly link: NodeLink; readonly socket: Socket; readonly keyId: string };
type Waiting = {
  readonly socket: Socket;
  readonly first: Uint8Array;
  /** It waits no longer. */
  readonly over: () => void;
};
type Asked = { readonly name: string; readonly key: HybridPublicKey; readonly nonce: string };

const MOST_CONNECTIONS = 4096;
/** A node answers a call, or a challenge, within this. */
const ANSWER_MS = 10_000;
/** Of a connection on which nothing moves, either way. */
const SILENT_MS = 120_000;
/** How soon a name that was removed is nobody's. */
const LOOK_MS = 1000;
/** Each takes two signatures to check. */
const MOST_PROOFS_A_SECOND = 200;
const TOKEN_BYTES = 32;
/** Of TLS: fatal, unrecognized_name (RFC 6066 3). */
const NO_SUCH_NAME = Buffer.from([0x15, 3, 3, 0, 2, 2, 112]);

/**
 * Joins approvers, who come for a name, to the node that proved to have it. TLS ends in the
 * guardian of that node, so what passes here is ciphertext, and nothing here can approve.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #verifier = verifierRegistry();
  readonly #links = new Map<string, Linked>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #callers = new Callers();
  readonly #proofs = new Pace(MOST_PROOFS_A_SECOND);
  readonly #sockets = new Set<Socket>();
  readonly #look: NodeJS.Timeout;
  readonly #server: Server;
  #address = '';

  constructor(options: RelayOptions) {
    this.#options = options;
    const desk = new OpeningDesk(openingOf, (socket, opening, first) => {
      if (opening.kind === 'approver') this.#call(socket, opening.name, first);
      else if (opening.kind === 'node') this.#hear(socket, opening.says, opening.rest);
      else socket.destroy();
    });
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on('error', () => {});
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      desk.receive(socket);
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#look = setInterval(() => this.#lookForRemoved(), LOOK_MS);
  }

  /** Gives the addresses: where it listens, and as nodes and approvers know it. */
  async listen(place: RelayAddress): Promise<{ listens: string; address: string }> {
    this.#server.listen(place);
    await once(this.#server, 'listening');
    this.#server.on('error', () => {});
    const { address: host, family, port } = this.#server.address() as AddressInfo;
    const listens = `${family === 'IPv6' ? `[${host}]` : host}:${port}`;
    this.#address = this.#options.address ?? listens;
    return { listens, address: this.#address };
  }

  close(): void {
    clearInterval(this.#look);
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The first frame of a node. */
  #hear(socket: Socket, says: NodeSays, rest: Uint8Array): void {
    if (says.kind === 'take') this.#take(socket, says.token, rest);
    // Nothing follows before the challenge.
    else if (says.kind === 'link' && rest.length === 0) this.#ask(socket, says.name, says.key);
    else socket.destroy();
  }

  /** Whoever says to have a name proves it first. */
  #ask(socket: Socket, name: string, key: HybridPublicKey): void {
    const asked = { name, key, nonce: randomBytes(TOKEN_BYTES).toString('hex') };
    let isLinked = false;
    const late = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket.once('close', () => clearTimeout(late));
    const link = new NodeLink(socket, (said) => {
      if (said.kind !== 'proof' || isLinked) return void socket.destroy();
      clearTimeout(late);
      isLinked = this.#isProven(asked, said.signature, link);
      if (isLinked) this.#linked(name, { link, socket, keyId: keyId(key) });
    });
    if (this.#options.register.keyOf(name) === keyId(key)) {
      link.tell({ kind: 'prove', nonce: asked.nonce });
    } else link.refuse('relay.not_added', `this relay knows no ${name} with the key ${keyId(key)}`);
  }

  #isProven({ name, key, nonce }: Asked, signature: HybridSignature, link: NodeLink): boolean {
    const address = this.#address;
    if (!this.#proofs.isWithin(performance.now())) {
      link.refuse('relay.busy', 'too many nodes at once');
      return false;
    }
    const bytes = linkProofBytes(address, name, nonce);
    const proven = this.#verifier.verify(key, 'SIG_DOMAIN_SESSION', bytes, signature);
    if (!proven.ok) link.refuse('relay.not_proven', `not signed for ${address} by that key`);
    return proven.ok;
  }

  /** The newest connection of a node is the one that lives: after a broken one it comes again. */
  #linked(name: string, linked: Linked): void {
    const { say } = this.#options;
    const before = this.#links.get(name);
    this.#links.set(name, linked);
    before?.link.refuse('relay.replaced', 'the same key came again, from elsewhere or anew');
    linked.link.tell({ kind: 'linked' });
    if (before === undefined) say({ event: 'linked', name });
    linked.socket.once('close', () => {
      if (this.#links.get(name) !== linked) return;
      this.#links.delete(name);
      say({ event: 'away', name });
    });
  }

  /** Whoever comes for a name waits until its node opens a connection for it. */
  #call(socket: Socket, name: string, first: Uint8Array): void {
    const linked = this.#links.get(name);
    if (linked === undefined) {
      socket.write(NO_SUCH_NAME);
      return void socket.destroySoon();
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
    linked.link.tell({ kind: 'call', token });
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

  #lookForRemoved(): void {
    const { register, say } = this.#options;
    for (const [name, { link, keyId: key }] of this.#links) {
      if (register.keyOf(name) === key) continue;
      this.#links.delete(name);
      link.refuse('relay.not_added', `${name} was removed from this relay`);
      this.#callers.cut(name);
      say({ event: 'removed', name });
    }
  }
}
