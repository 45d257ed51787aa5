import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somewhere that nobody under probe may come to; it counts who does. */
export class CanaryListener {
  readonly #server: Server;
  #hits = 0;
  readonly #paths: string[] = [];

  private constructor() {
    this.#server = createServer((incoming, response) => {
      this.#paths.push(incoming.url ?? '');
      response.end('reached\n');
    });
    // Whoever comes this far has got out, whatever they then say.
    this.#server.on('connection', () => {
      this.#hits += 1;
    });
  }

  static async start(address: string): Promise<CanaryListener> {
    const listener = new CanaryListener();
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', reject).listen(0, address, resolve);
    });
    return listener;
  }

  get host(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  get hits(): number {
    return this.#hits;
  }

  /** What was asked for, each as it came. */
  get paths(): readonly string[] {
    return this.#paths;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
