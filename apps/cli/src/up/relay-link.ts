import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Pace } from '@ioi/basis';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { encodeFrame, FrameReader } from '@ioi/frames';
import {
  linkProofBytes,
  MOST_RELAY_BYTES,
  type NodeSays,
  type RelayAddress,
  type RelaySays,
  relayAddressIn,
  relayFrame,
  relaySaysIn,
} from '@ioi/law';
import { relayWaitMs } from '../core/relay-wait.ts';

export type RelayLinkOptions = {
  /** `host:port`. */
  readonly relay: string;
  readonly name: string;
  readonly key: HybridKey;
  /** Takes a connection that an approver made to the name; its bytes are not looked at here. */
  readonly accept: (socket: Socket) => void;
};

/** Whether approvers get through, and else why not. */
export type RelayLinkStatus = {
  readonly relay: string;
  readonly name: string;
  readonly state: 'linked' | 'away';
  /** Since when it is so. */
  readonly since: string;
  readonly code?: string;
  readonly message?: string;
};

type Why = { readonly code: string; readonly message: string };

const ANSWER_MS = 10_000;
const PING_MS = 20_000;
/** Of a relay that is gone without a word: after so many that it answered with nothing. */
const MOST_UNANSWERED = 2;
/** What a relay may have this node open, whatever it says. */
const MOST_CONNECTIONS = 64;
const MOST_A_SECOND = 32;
const UNREACHED = { code: 'relay.unreachable', message: 'not connected yet' };

/**
 * Keeps a node connected outward to its relay, and opens one connection more for each approver
 * that comes there. The relay is not trusted: it can keep approvers away and nothing else.
 */
export class RelayLink {
  readonly #options: RelayLinkOptions;
  readonly #address: RelayAddress;
  readonly #sockets = new Set<Socket>();
  readonly #pace = new Pace(MOST_A_SECOND);
  #control: Socket | undefined;
  /** Where nothing was signed yet: once on each connection. */
  #unproven: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isOver = false;
  #state: { readonly since: number; readonly why: Why | undefined };

  constructor(options: RelayLinkOptions) {
    const address = relayAddressIn(options.relay);
    if (address === undefined) throw new Error(`${options.relay} is no relay`);
    this.#options = options;
    this.#address = address;
    this.#state = { since: Date.now(), why: UNREACHED };
    this.#link();
  }

  status(): RelayLinkStatus {
    const { relay, name } = this.#options;
    const { since, why } = this.#state;
    const state = why === undefined ? 'linked' : 'away';
    return { relay, name, state, since: new Date(since).toISOString(), ...why };
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#control?.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #link(): void {
    const socket = this.#connected();
    this.#control = socket;
    this.#unproven = socket;
    const frames = new FrameReader(MOST_RELAY_BYTES);
    let why: Why = { code: 'relay.unreachable', message: 'the relay closed the connection' };
    const unanswered = (): void => {
      why = { code: 'relay.unreachable', message: 'the relay does not answer' };
      socket.destroy();
    };
    let pings = 0;
    const ping = setInterval(() => {
      if (pings === MOST_UNANSWERED) return unanswered();
      pings += 1;
      tell(socket, { kind: 'ping' });
    }, PING_MS);
    socket.setTimeout(ANSWER_MS, unanswered);
    socket.once('connect', () => {
      const { name, key } = this.#options;
      tell(socket, { kind: 'link', name, key: key.publicKey });
    });
    socket.on('data', (chunk: Buffer) => {
      pings = 0;
      const bodies = frames.push(chunk);
      for (const body of bodies.ok ? bodies.value : [undefined]) {
        const said = body && relaySaysIn(body);
        why = said ? (this.#hear(socket, said) ?? why) : MALFORMED;
        if (said === undefined) return void socket.destroy();
      }
    });
    socket.on('error', ({ message }) => {
      why = { code: 'relay.unreachable', message };
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => {
      clearInterval(ping);
      this.#again(why);
    });
  }

  /** Gives why the relay is about to close, where it says so. */
  #hear(socket: Socket, said: RelaySays): Why | undefined {
    const { relay, name, key } = this.#options;
    if (said.kind === 'refused') return { code: said.code, message: said.message };
    if (said.kind === 'prove' && this.#unproven === socket) {
      this.#unproven = undefined;
      const bytes = linkProofBytes(relay, name, said.nonce);
      tell(socket, { kind: 'proof', signature: signHybrid(key, 'SIG_DOMAIN_SESSION', bytes) });
    }
    if (said.kind === 'linked' && this.#state.why !== undefined) {
      // From here on pings would keep it from running out, heard or not.
      socket.setTimeout(0);
      this.#state = { since: Date.now(), why: undefined };
    }
    if (said.kind === 'call' && this.#state.why === undefined) void this.#take(said.token);
    // Only a relay that goes on answering counts as reached: one that replaces us at once does not.
    if (said.kind === 'pong') this.#failures = 0;
    return undefined;
  }

  async #take(token: string): Promise<void> {
    if (!this.#pace.isWithin(performance.now()) || this.#sockets.size >= MOST_CONNECTIONS) return;
    const socket = this.#connected();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on('error', () => {});
    try {
      await once(socket, 'connect');
    } catch {
      // Whoever came waits for nothing and comes again.
      return;
    }
    socket.setTimeout(0);
    tell(socket, { kind: 'take', token });
    this.#options.accept(socket);
  }

  #connected(): Socket {
    return connect({ ...this.#address, allowHalfOpen: true, noDelay: true });
  }

  #again(why: Why): void {
    if (this.#isOver) return;
    const { since, why: before } = this.#state;
    this.#state = { since: before === undefined ? Date.now() : since, why };
    this.#timer = setTimeout(() => this.#link(), relayWaitMs(this.#failures, Math.random()));
    this.#failures += 1;
  }
}

const MALFORMED = { code: 'relay.malformed', message: 'what answers there is no relay' };

function tell(socket: Socket, said: NodeSays): void {
  if (!socket.destroyed) socket.write(encodeFrame(relayFrame(said)));
}
