import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Planted } from './plant.ts';

type Answer = (secret: string, response: ServerResponse, other: string) => void;

const PAGE = { 'content-type': 'text/html' };

/** Ways in which servers give away what they were sent. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  plain: (secret, response) => response.end(JSON.stringify({ secret, twice: secret + secret })),
  base64: (secret, response) => response.end(`x${b64(`token: ${secret};`)}`),
  base64_wrapped: (secret, response) =>
    response.end(
      b64(`a preamble that is long ${secret} and an end`).replaceAll(/.{20}/g, '$&\r\n'),
    ),
  base64url: (secret, response) => response.end(Buffer.from(`?>${secret}`).toString('base64url')),
  hex: (secret, response) => response.end(Buffer.from(secret).toString('hex').toUpperCase()),
  percent: (secret, response) => response.end(percent(secret)),
  percent_some: (secret, response) => response.end(mixed(secret)),
  json_escaped: (secret, response) => response.end(`{"a":"${escaped(secret)}"}`),
  html: (secret, response) =>
    response.writeHead(500, PAGE).end(`<pre>bad token: ${entities(secret)}</pre>`),
  gzip: (secret, response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync(`{"a":"${secret}"}`)),
  brotli: (secret, response) =>
    response.setHeader('content-encoding', 'br').end(brotliCompressSync(secret)),
  gzip_unsaid: (secret, response) => response.end(gzipSync(secret)),
  gzip_in_base64: (secret, response) => response.end(`{"a":"${b64(gzipSync(secret))}"}`),
  nested: (secret, response) =>
    response.end(encodeURIComponent(b64(JSON.stringify({ a: percent(secret) })))),
  redirect: (secret, response, other) =>
    response.writeHead(302, { location: `${other}/?t=${encodeURIComponent(secret)}` }).end(secret),
  unauthorised: (secret, response) =>
    response
      .writeHead(401, { 'www-authenticate': `Bearer error="bad ${header(secret)}"` })
      .end(`{"error":"${secret}"}`),
  headers: (secret, response) =>
    response
      .writeHead(200, { 'x-echo': header(secret), etag: b64(secret), 'set-cookie': header(secret) })
      .end('ok'),
  reason: (secret, response) => response.writeHead(400, header(secret)).end('see above'),
  utf16: (secret, response) => response.end(Buffer.from(secret, 'utf16le')),
  slow: (secret, response) => drip(secret, response),
  truncated: (secret, response) => {
    response.writeHead(200, { 'content-length': '100000' });
    response.write(secret, () => response.destroy());
  },
  unknown_coding: (secret, response) =>
    response.setHeader('content-encoding', 'zz').end(`{"a":"${secret}"}`),
  endless: (secret, response) => response.end(secret.repeat(60_000)),
};

const NAMES = Object.keys(ANSWERS);

/** An API that quotes the credentials of whoever asks, and another origin it sends people to. */
export class HostileApi {
  readonly #planted: readonly Planted[];
  readonly #programs: readonly Planted[];
  /** The API, and where it sends people. */
  readonly #servers: readonly [Server, Server];
  /** Requests that came to the other origin. */
  strays = 0;
  asked = 0;

  private constructor(planted: readonly Planted[], programs: readonly Planted[]) {
    this.#planted = planted;
    this.#programs = programs;
    const api = createServer((request, response) => {
      request.resume();
      request.on('end', () => this.#answer(request.url ?? '', response));
    });
    const other = createServer((_request, response) => {
      this.strays += 1;
      response.end();
    });
    this.#servers = [api, other];
  }

  static async start(
    planted: readonly Planted[],
    programs: readonly Planted[],
  ): Promise<HostileApi> {
    const api = new HostileApi(planted, programs);
    for (const server of api.#servers) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return api;
  }

  get origin(): string {
    return this.#originOf(0);
  }

  close(): void {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  #originOf(at: 0 | 1): string {
    const { port } = this.#servers[at].address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Each way once for each kind, before any comes again. */
  #answer(url: string, response: ServerResponse): void {
    this.asked += 1;
    const at = Number(/\/c(\d+)/.exec(url)?.[1] ?? 0);
    const ofProgram = at - this.#planted.length;
    const planted = (this.#planted[at] ?? this.#programs[ofProgram]) as Planted;
    const turn = ofProgram < 0 ? Math.floor(at / 8) : ofProgram;
    const way = NAMES[turn % NAMES.length] as string;
    response.on('error', () => {});
    response.setHeader('content-type', 'application/json');
    (ANSWERS[way] as Answer)(planted.hidden.join(' '), response, this.#originOf(1));
  }
}

function b64(value: string | Buffer): string {
  return Buffer.from(value as string).toString('base64');
}

function percent(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function mixed(text: string): string {
  return Array.from(text, (letter, at) => (at % 3 === 0 ? percent(letter) : letter)).join('');
}

function escaped(text: string): string {
  const units = Array.from(text, (letter) => letter.charCodeAt(0).toString(16).padStart(4, '0'));
  return units.map((unit) => `\\u${unit}`).join('');
}

function entities(text: string): string {
  return Array.from(text, (letter) => `&#${letter.charCodeAt(0)};`).join('');
}

function header(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}

/** Three letters at a time, so that no piece holds it. */
function drip(secret: string, response: ServerResponse): void {
  const pieces = secret.match(/.{1,3}/gs) ?? [];
  const next = (): void => {
    const piece = pieces.shift();
    if (piece === undefined) return void response.end();
    response.write(piece);
    setTimeout(next, 2);
  };
  next();
}
