import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

/** Of this machine, and no place that programs leave proxies out for. */
const ADDRESS = '127.0.0.2';

/** A server over TLS with a certificate of its own, which tells what it was asked. */
export class WebServer {
  readonly certificateFile: string;
  /** Method, path, authorization and length of what came. */
  readonly seen: string[] = [];
  readonly #server: Server;
  readonly #folder: string;

  private constructor(folder: string, certificateFile: string, keyFile: string) {
    this.#folder = folder;
    this.certificateFile = certificateFile;
    const about = { cert: readFileSync(certificateFile), key: readFileSync(keyFile) };
    this.#server = createServer(about, (incoming, response) => {
      this.#answer(incoming, response).catch(() => response.destroy());
    });
    this.#server.on('upgrade', (incoming, socket) => {
      socket.on('error', () => {});
      const key = `${incoming.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      const lines = [
        'HTTP/1.1 101 Switching Protocols',
        'Connection: Upgrade',
        'Upgrade: websocket',
      ];
      socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
      // A frame of five letters without a mask, and one that closes.
      socket.end(Buffer.from([0x81, 5, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x88, 2, 0x03, 0xe8]));
    });
  }

  /** Undefined where nobody makes certificates here. */
  static async start(folder: string): Promise<WebServer | undefined> {
    const [certificate, key] = ['server.pem', 'server.key'].map((name) => join(folder, name));
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ...['-keyout', String(key), '-out', String(certificate), '-days', '2', '-subj', '/CN=test'],
      ...['-addext', `subjectAltName=IP:${ADDRESS}`],
    ]);
    if (made.status !== 0) return undefined;
    const server = new WebServer(folder, String(certificate), String(key));
    await new Promise<void>((resolve) => server.#server.listen(0, ADDRESS, resolve));
    return server;
  }

  get host(): string {
    return `${ADDRESS}:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '', headers } = incoming;
    if (url.startsWith('/large/')) return this.#large(incoming, response);
    const body = await buffer(incoming);
    this.seen.push(`${method} ${url} ${headers.authorization ?? '-'} ${body.length}`);
    if (url.includes('.git/')) return this.#git(incoming, body, response);
    response.end(`answer to ${method} ${url}\n`);
  }

  /** `/large/N` answers N bytes; what is sent there is told by its digest and size. */
  async #large(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
    this.seen.push(`${incoming.method} large ${size}`);
    if (incoming.method !== 'GET') return void response.end(`${hash.digest('hex')} ${size}\n`);
    const wanted = Number(incoming.url?.split('/')[2]);
    response.setHeader('content-length', wanted);
    const piece = Buffer.alloc(65_536, 'abcdefgh');
    for (let left = wanted; left > 0; left -= piece.length) {
      if (response.write(piece.subarray(0, Math.min(left, piece.length)))) continue;
      await once(response, 'drain');
    }
    response.end();
  }

  /** As git's own CGI program has it. */
  async #git({ method, url, headers }: IncomingMessage, body: Buffer, response: ServerResponse) {
    const { pathname, search } = new URL(url ?? '', 'http://x');
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: this.#folder,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: method,
        REMOTE_USER: 'test',
        CONTENT_TYPE: headers['content-type'] ?? '',
        CONTENT_LENGTH: String(body.length),
        HTTP_CONTENT_ENCODING: String(headers['content-encoding'] ?? ''),
      },
    });
    // It reads no more than it needs: what is left of a long body is for nobody.
    child.stdin.on('error', () => {});
    child.stdin.end(body);
    const whole = await buffer(child.stdout);
    const end = whole.indexOf('\r\n\r\n');
    const lines = whole.toString('latin1', 0, end).split('\r\n');
    const pairs = lines.map((line) => line.split(': ') as [string, string]);
    const status = pairs.find(([name]) => name === 'Status')?.[1] ?? '200';
    const told = pairs.filter(([name]) => name !== 'Status');
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(told));
    response.end(whole.subarray(end + 4));
  }
}
