import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';

/** A server on this machine that tells back what it was sent, in as many ways as it knows. */
export class EchoServer {
  /** Method, path, and the headers that came. */
  readonly seen: { readonly what: string; readonly headers: IncomingMessage['headers'] }[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((incoming, response) => {
      this.#answer(incoming, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<EchoServer> {
    const server = new EchoServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    await text(incoming);
    const { method, url = '', headers } = incoming;
    this.seen.push({ what: `${method} ${url}`, headers });
    const { authorization = '-' } = headers;
    const told = String(headers['x-api-key'] ?? authorization);
    response.setHeader('x-told', told);
    if (url === '/stream') return this.#stream(told, response);
    const spelt = (coding: BufferEncoding): string => Buffer.from(told).toString(coding);
    const all = { told, base64: spelt('base64'), hex: spelt('hex'), escaped: percent(told) };
    response.setHeader('content-type', 'application/json');
    const body = JSON.stringify({ ...all, packed: gzipSync(told).toString('base64') });
    if (url !== '/gzip') return void response.end(body);
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync(body));
  }

  /** One letter of it at a time, each a piece of its own on the line. */
  async #stream(told: string, response: ServerResponse): Promise<void> {
    response.setHeader('content-type', 'text/event-stream');
    for (const letter of `data: ${told}\n\n`) {
      await new Promise<void>((resolve) => response.write(letter, () => resolve()));
    }
    response.end('data: over\n\n');
  }
}

function percent(text: string): string {
  return Array.from(text, (each) => `%${each.charCodeAt(0).toString(16)}`).join('');
}
