import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { err, ok } from '@ioi/basis';
import { readTargets, type Target } from '../core/index.ts';
import type { Asked, Leased, VaultPort } from '../shell/account.ts';
import { EdgeLine, edgeSend, type Send } from '../shell/edge-client.ts';
import { serveLine } from '../shell/edge-server.ts';
import { Egress } from '../shell/egress.ts';
import type { Consent } from '../shell/grant-provider.ts';

export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

type Answer = (seen: Seen, response: ServerResponse, incoming: IncomingMessage) => unknown;

/** A server on this machine that remembers what it was asked. */
export class TestServer {
  readonly seen: Seen[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  static async start(answer: Answer): Promise<TestServer> {
    const server = createServer();
    const made = new TestServer(server);
    server.on('request', async (incoming, response) => {
      const { method = '', url: path = '', headers } = incoming;
      const seen = { method, path, headers, body: await text(incoming).catch(() => 'cut') };
      made.seen.push(seen);
      await answer(seen, response, incoming);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return made;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** A vault of one secret, bound to whatever it is first asked for. */
export class TestVault implements VaultPort {
  leased: Leased | undefined;
  readonly asked: Asked[] = [];
  readonly renewed: string[] = [];

  constructor(leased: Leased | undefined) {
    this.leased = leased;
  }

  async lease(asked: Asked) {
    this.asked.push(asked);
    const missing = { code: 'credential.missing', message: `there is no secret ${asked.name}` };
    return this.leased === undefined ? err(missing) : ok(this.leased);
  }

  async renew({ secret }: { secret: string }) {
    this.renewed.push(secret);
    this.leased = { kind: 'oauth', secret };
    return ok(undefined);
  }
}

export type Bed = {
  readonly egress: Egress;
  readonly vault: TestVault;
  readonly send: Send;
  readonly url: string;
  /** Both ends of the line between daemon and edge. */
  readonly ends: readonly Duplex[];
  /** Milliseconds that pass at once. */
  readonly wait: (ms: number) => void;
};

/** An edge for one server, and the daemon's side of its line. */
export function makeBed(server: TestServer, leased: Leased | undefined, consent?: Consent): Bed {
  const url = `${server.origin}/mcp`;
  const targets = readTargets([{ server: 'mail', url, credential: 'token' }]) as readonly Target[];
  const vault = new TestVault(leased);
  let passed = 0;
  const now = (): number => Date.now() + passed;
  const egress = new Egress({ targets, vault, now, ...(consent === undefined ? {} : { consent }) });
  const [near, far] = duplexPair();
  serveLine(far, egress.carry);
  const send = edgeSend(new EdgeLine(near), 'mail');
  const wait = (ms: number): void => {
    passed += ms;
  };
  return { egress, vault, send, url, ends: [near, far], wait };
}
