import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

type Behaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  honest: () => void,
) => void | Promise<void>;

/** A bucket in memory that does what a test tells it, and otherwise what one does. */
export class TestBucket {
  readonly objects = new Map<string, Buffer>();
  readonly asked: { readonly method: string; readonly host: string; readonly url: string }[] = [];
  behave: Behaviour = (_request, _response, honest) => honest();
  readonly #close: () => void;
  readonly endpoint: string;

  private constructor(endpoint: string, close: () => void) {
    this.endpoint = endpoint;
    this.#close = close;
  }

  static async start(tls?: { readonly cert: string; readonly key: string }): Promise<TestBucket> {
    let bucket: TestBucket | undefined;
    const listener: RequestListener = (request, response) => {
      bucket?.take(request, response).catch(() => response.destroy());
    };
    const server = tls ? createTlsServer(tls, listener) : createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const endpoint = tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
    bucket = new TestBucket(endpoint, () => {
      server.closeAllConnections();
      server.close();
    });
    return bucket;
  }

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    this.asked.push({ method, host: request.headers.host ?? '', url });
    await this.behave(request, response, () => void this.#answer(request, response));
  }

  stop(): void {
    this.#close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    const held = this.objects.get(url);
    if (method === 'PUT') {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      this.objects.set(url, Buffer.concat(pieces));
      response.end();
    } else if (method === 'DELETE') {
      this.objects.delete(url);
      response.writeHead(204).end();
    } else if (held) response.end(held);
    else response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
  }
}
