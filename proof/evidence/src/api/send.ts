import { Agent, type IncomingMessage, request } from 'node:http';

export type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
};

export type Reply = {
  readonly status: number;
  /** Of the content, without its parameters; '' for none. */
  readonly type: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** A stream that goes on for ever: it was left after its beginning. */
  readonly isCut: boolean;
};

const PATIENCE_MS = 120_000;
/** What a stream says at once: all of its first event. A line is waited for. */
const LISTEN_MS = 50;

/** Connections to a socket that are used again. */
export class Line {
  readonly #agent: Agent;
  readonly #socketPath: string;

  constructor(socketPath: string, most: number) {
    this.#socketPath = socketPath;
    this.#agent = new Agent({ keepAlive: true, maxSockets: most });
  }

  /** Rejects where no answer comes. */
  ask({ method, path, headers = {}, body }: Asked): Promise<Reply> {
    const options = { socketPath: this.#socketPath, agent: this.#agent, method, path };
    const length = body === undefined ? {} : { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const sent = request({ ...options, headers: { ...length, ...headers } }, (response) => {
        heard(response).then(resolve, reject);
      });
      sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error('no answer for two minutes')));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function heard(response: IncomingMessage): Promise<Reply> {
  const { statusCode: status = 0, headers } = response;
  const type = (headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  // Of what ends, the length is known: a run and a subscription last.
  const isEndless = type === 'text/event-stream' || type === 'application/jsonl';
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const finish = (isCut: boolean): void => {
      const text = Buffer.concat(chunks).toString('utf8');
      resolve({ status, type, text, headers, isCut });
    };
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => finish(false));
    response.on('error', reject);
    if (!isEndless) return;
    const leave = (): void => {
      finish(true);
      response.destroy();
    };
    if (type === 'application/jsonl') response.once('data', () => setTimeout(leave, LISTEN_MS));
    else setTimeout(leave, LISTEN_MS).unref();
  });
}
