import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** Takes notifications over HTTP, answering with the statuses it is given, then with 200. */
export class NoticeReceiver {
  readonly received: Received[] = [];
  readonly statuses: number[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await buffer(request);
      this.received.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(this.statuses.shift() ?? 200);
      response.end();
      this.#server.emit('noticed');
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Resolves once so many came. */
  async count(many: number): Promise<readonly Received[]> {
    while (this.received.length < many) await once(this.#server, 'noticed');
    return this.received;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
