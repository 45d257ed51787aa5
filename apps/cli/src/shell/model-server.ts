import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { playModel } from '../core/model-script/play-model.ts';
import type { OfferedTool, Script } from '../core/model-script/script.ts';

/** What an agent let its model know. */
export type Heard = {
  /** What each step was answered, by its id. */
  readonly results: ReadonlyMap<string, string>;
  readonly tools: readonly OfferedTool[];
  /** Requests so far, each as it came. */
  readonly bodies: readonly string[];
};

/** A model that follows a script, on an address of this machine, for whoever asks. */
export class ModelServer {
  readonly #script: Script;
  readonly #server: Server;
  readonly #results = new Map<string, string>();
  readonly #tools = new Map<string, OfferedTool>();
  readonly #bodies: string[] = [];
  readonly #played = Promise.withResolvers<void>();

  private constructor(script: Script) {
    this.#script = script;
    this.#server = createServer((incoming, response) => {
      this.#answer(incoming, response).catch(() => response.destroy());
    });
  }

  static async start(script: Script, address: string): Promise<ModelServer> {
    const server = new ModelServer(script);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject).listen(0, address, resolve);
    });
    return server;
  }

  /** `ADDRESS:PORT` */
  get host(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  get heard(): Heard {
    return { results: this.#results, tools: [...this.#tools.values()], bodies: this.#bodies };
  }

  /** Once every step of the script was answered. */
  get played(): Promise<void> {
    return this.#played.promise;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const said = await text(incoming);
    this.#bodies.push(said);
    const { method = '', url: path = '' } = incoming;
    const { answer, asked } = playModel(this.#script, { method, path, body: readJson(said) });
    for (const tool of asked?.tools ?? []) this.#tools.set(tool.name, tool);
    for (const [id, result] of asked?.results ?? []) this.#results.set(id, result);
    if (this.#script.steps.every(({ id }) => this.#results.has(id))) this.#played.resolve();
    response.writeHead(answer.status, { 'content-type': answer.contentType });
    response.end(answer.body);
  }
}

function readJson(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}
