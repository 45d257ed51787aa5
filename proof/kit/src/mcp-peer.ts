import type { Readable, Writable } from 'node:stream';

type Waiting = { readonly resolve: (value: Message) => void; readonly reject: (e: Error) => void };
export type Message = {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string };
};

/** A raw-framed MCP client: one line a message, nothing between it and the node. */
export class McpPeer {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #hasEnded = false;
  #rest = '';

  constructor({ input, output }: { input: Readable; output: Writable }) {
    this.#input = input;
    this.#output = output;
    input.setEncoding('utf8');
    input.on('data', (text: string) => this.#receive(text));
    input.on('error', () => this.#fail());
    input.on('close', () => this.#fail());
    output.on('error', () => this.#fail());
  }

  async initialize(): Promise<void> {
    const clientInfo = { name: 'proof', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    await this.request('initialize', params);
    this.#send({ method: 'notifications/initialized' });
  }

  call(name: string, args: object): Promise<Message> {
    return this.request('tools/call', { name, arguments: args });
  }

  request(method: string, params: object): Promise<Message> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // A stream that was closed says nothing of what is written to it.
      if (this.#hasEnded) this.#fail();
      else this.#send({ id, method, params });
    });
  }

  close(): void {
    this.#input.destroy();
    this.#output.destroy();
  }

  #send(message: object): void {
    this.#output.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as Message & { id?: number };
      const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
      if (message.id !== undefined) this.#waiting.delete(message.id);
      waiting?.resolve(message);
    }
  }

  #fail(): void {
    this.#hasEnded = true;
    for (const { reject } of this.#waiting.values()) reject(new Error('the connection closed'));
    this.#waiting.clear();
  }
}
