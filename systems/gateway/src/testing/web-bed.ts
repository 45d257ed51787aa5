import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { WebAct, WebRefusal } from '../core/web/web-act.ts';
import { makeAuthority } from '../shell/web/authority.ts';
import type { WebAnswer, WebAsking, WebBackend } from '../shell/web/backend.ts';
import { BodySpool } from '../shell/web/body-spool.ts';
import { PushReader } from '../shell/web/read-push.ts';
import { webDoor } from '../shell/web/web-door.ts';

export const authority = makeAuthority();
export const HOST = 'a.example';
export type Act = (act: WebAct, asking: WebAsking) => Promise<WebAnswer>;

/** A door whose backend keeps what it is told. */
export class WebBed {
  readonly acts: WebAct[] = [];
  readonly refusals: WebRefusal[] = [];
  readonly #server;
  port = 0;

  constructor(act: Act) {
    const backend: WebBackend = {
      reaches: (host) => host === HOST,
      act: (asked, asking) => {
        this.acts.push(asked);
        return act(asked, asking);
      },
      refuse: async (refusal) => {
        this.refusals.push(refusal);
        return 'receipt_1';
      },
    };
    const folder = mkdtempSync(join(tmpdir(), 'door-'));
    const spool = new BodySpool(folder);
    this.spooled = () => readdirSync(folder).length;
    const door = webDoor(backend, authority, { pushes: new PushReader(), spool });
    this.#server = createServer((socket) => door.accept(socket));
    this.close = () => {
      door.close();
      this.#server.close();
      rmSync(folder, { recursive: true });
    };
  }

  readonly close: () => void;
  /** Bodies that stand on disk. */
  readonly spooled: () => number;

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** A tunnel that stands. */
  async tunnel(to = `${HOST}:443`): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(String(answer), /^HTTP\/1.1 200 /);
    return socket;
  }

  async secured(options: ConnectionOptions = {}) {
    const socket = await this.tunnel();
    const ca = authority.certificate;
    const about = { socket, ca, servername: HOST, ALPNProtocols: ['http/1.1'], ...options };
    const secured = connectTls(about);
    secured.on('error', () => {});
    return secured;
  }

  /** All that is answered to these words until the other side is silent. */
  async said(words: string, to?: string): Promise<string> {
    const stream = to === undefined ? await this.secured() : await this.tunnel(to);
    stream.write(words);
    return heard(stream);
  }
}

export async function heard(stream: Socket): Promise<string> {
  let answer = '';
  let silence = 0;
  stream.on('data', (chunk) => {
    answer += chunk;
    silence = 0;
  });
  // Counted in turns of the loop, which both sides share: a stall is no silence.
  for (; silence < 20 && !stream.closed; silence += 1) await sleep(20);
  stream.destroy();
  return answer;
}

export const ok: Act = async (_act, { onReply }) => {
  const sink = onReply({ status: 200, headers: [['content-length', '2']] });
  await sink.write(Buffer.from('ok'));
  return { kind: 'replied' };
};

export async function bed(t: TestContext, act: Act = ok): Promise<WebBed> {
  const made = await new WebBed(act).start();
  t.after(made.close);
  return made;
}
