import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { testedProgram } from '@ioi/basis/testing';

const RELAY = testedProgram('hosts/relay/src/main.ts');

/** The relay as it is run, in a process of its own, on one port for all its lives. */
export class RelayProcess {
  readonly folder: string;
  #child: ChildProcess | undefined;
  address = '127.0.0.1:0';

  constructor(folder: string) {
    this.folder = folder;
  }

  async start(): Promise<void> {
    const args = [RELAY, 'serve', this.folder, this.address];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    const line = once(createInterface({ input: child.stdout }), 'line');
    this.address = JSON.parse(String((await line)[0])).address;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** A server of HTTP that can be taken away and comes back on its port. */
class Restarted {
  readonly #serve: (request: IncomingMessage, response: ServerResponse) => void;
  #server: Server | undefined;
  #port = 0;

  constructor(serve: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#serve = serve;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#server = createServer(this.#serve).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async kill(): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

/** Serves what an organisation published, as any server of files does. */
export function bundleServer(folder: string): Restarted {
  return new Restarted((_, response) => {
    response.end(readFileSync(join(folder, 'ioi-organisation.json')));
  });
}

/** Takes audit events into a file before it says so; what was taken is what stands there. */
export class Collector extends Restarted {
  readonly #file: string;

  constructor(file: string) {
    super((request, response) => {
      text(request).then(
        (events) => {
          appendFileSync(file, events.endsWith('\n') ? events : `${events}\n`);
          response.end();
        },
        () => response.destroy(),
      );
    });
    this.#file = file;
  }

  /** Each that was taken, once. */
  taken(): ReadonlySet<string> {
    const lines = readFileSync(this.#file, 'utf8').split('\n').filter(Boolean);
    return new Set(lines.map((line) => JSON.parse(line).metadata.uid as string));
  }
}
