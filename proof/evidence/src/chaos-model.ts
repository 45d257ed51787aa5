import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const ANSWER_MS = 15;

/** A model that counts what it was asked, and can be killed and started again in its place. */
export class ChaosModel {
  /** How often each question came. */
  readonly asked = new Map<string, number>();
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      void textOf(request).then((text) => {
        const { messages } = JSON.parse(text) as { messages: { content: string }[] };
        const question = messages.at(-1)?.content ?? '';
        this.asked.set(question, (this.asked.get(question) ?? 0) + 1);
        const message = { role: 'assistant', content: `${question}?` };
        const usage = { prompt_tokens: 1, completion_tokens: 1 };
        const answer = { model: 'chaos', choices: [{ message, finish_reason: 'stop' }], usage };
        setTimeout(() => {
          response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
        }, ANSWER_MS);
      });
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** In the midst of whatever it answers. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
