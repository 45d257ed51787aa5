import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebRequest } from '@ioi/law';
import type {
  CancelSignal,
  NetworkReceipt,
  Outcome,
  PerformOptions,
  ReplySink,
  SealedAction,
} from '@ioi/protocol';
import { comingOf, type Taken } from './web-answer.ts';
import { answered, silent } from './web-outcome.ts';

/** How a server answered; with `far` where it became another protocol. */
export type Opened = {
  readonly answer: IncomingMessage;
  readonly far?: Duplex;
  /** What came of it with its head. */
  readonly early?: Buffer;
};
type Open = Required<Opened>;
type Asked = Open & { readonly action: SealedAction; readonly wanted: WebRequest };

/** Of one connection, so they are written anew. */
export const socketHeaders: readonly string[] = ['connection', 'Upgrade', 'upgrade', 'websocket'];

/** Each way. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Without a byte either way. */
const IDLE_MS = 10 * 60_000;
/** From the end of one way to that of the other. */
const GRACE_MS = 5_000;
/** RFC 6455 1.3. */
const ACCEPTED_WITH = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export function isOpen(opened: Opened): opened is Open {
  return opened.far !== undefined;
}

/**
 * Carries a WebSocket to its end, counting and hashing what is said each way: nothing in it is
 * decided by itself. One that nobody is there for is closed again.
 */
export async function takeSocket(
  asked: Asked,
  ends: readonly CancelSignal[],
  onReply: PerformOptions['onReply'],
): Promise<Outcome> {
  const { action, wanted, answer, far, early } = asked;
  far.on('error', () => far.destroy());
  if (!isAccepted(wanted, answer)) {
    far.destroy();
    return silent(action, 'it opened another WebSocket than it was asked for, or none');
  }
  const { head } = comingOf(answer);
  const sink = onReply?.(head);
  if (sink?.incoming === undefined) {
    far.destroy();
    return silent(action, 'nobody was there to speak in it');
  }
  const address = (far as Partial<Socket>).remoteAddress ?? '';
  if (early.length > 0) far.unshift(early);
  const carried = new Carried(far, sink);
  const stops = sink.stop === undefined ? ends : [...ends, sink.stop];
  const stop = (): void => carried.end('stop');
  for (const each of stops) each.addEventListener('abort', stop);
  if (stops.some(({ aborted }) => aborted)) stop();
  await carried.toEnd();
  for (const each of stops) each.removeEventListener('abort', stop);
  const { said, heard } = carried;
  const taken: Taken = {
    status: head.status,
    response_headers: head.headers.map(([name, value]): [string, string] => [name, value]),
    response_cid: said.far.cid(),
    response_bytes: said.far.size,
    complete: true,
  };
  const told = { request_cid: said.near.cid(), request_bytes: said.near.size, ended_by: heard };
  return answered(action, { wanted, address, said: told }, taken);
}

type EndedBy = NonNullable<NetworkReceipt['ended_by']>;

class Carried {
  readonly #far: Duplex;
  readonly #sink: ReplySink;
  readonly #over = Promise.withResolvers<void>();
  readonly said = { near: new Said(), far: new Said() };
  #endedBy: EndedBy | undefined;

  constructor(far: Duplex, sink: ReplySink) {
    this.#far = far;
    this.#sink = sink;
  }

  get heard(): EndedBy {
    return this.#endedBy ?? 'server';
  }

  end(by: EndedBy): void {
    this.#endedBy ??= by;
    if (by === 'limit' || by === 'stop') this.#over.resolve();
  }

  async toEnd(): Promise<void> {
    const far = this.#far;
    (far as Partial<Socket>).setTimeout?.(IDLE_MS, () => this.end('limit'));
    const ways = [this.#fromServer(), this.#fromProgram()];
    const first = Promise.race(ways);
    await Promise.race([first, this.#over.promise]);
    const late = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GRACE_MS);
      void Promise.all(ways).then(() => clearTimeout(timer));
    });
    await Promise.race([Promise.all(ways), this.#over.promise, late]);
    far.destroy();
  }

  async #fromServer(): Promise<void> {
    const from = this.#far.iterator({ destroyOnReturn: false });
    await this.#carry(from, this.said.far, (chunk) => this.#sink.write(chunk));
    this.end('server');
  }

  async #fromProgram(): Promise<void> {
    const far = this.#far;
    const { incoming } = this.#sink;
    if (incoming === undefined) return;
    await this.#carry(incoming, this.said.near, async (chunk) => {
      if (far.destroyed) return;
      await new Promise<void>((resolve) => far.write(chunk, () => resolve()));
    });
    this.end('program');
    far.end();
  }

  async #carry(
    from: AsyncIterable<Uint8Array>,
    said: Said,
    write: (chunk: Uint8Array) => Promise<void>,
  ): Promise<void> {
    try {
      for await (const chunk of from) {
        if (said.size + chunk.length > MOST_BYTES) return this.end('limit');
        said.add(chunk);
        await write(chunk);
      }
    } catch {
      // One that breaks off has ended: it says so itself, by its frames, where it ends well.
    }
  }
}

/** What was said one way. */
class Said {
  readonly #hash: Hash = createHash('sha256');
  size = 0;

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
  }

  cid(): `sha256:${string}` {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

function isAccepted({ headers }: WebRequest, { headers: told }: IncomingMessage): boolean {
  const key = headers.find(([name]) => name === 'sec-websocket-key')?.[1] ?? '';
  const accepted = createHash('sha1').update(`${key}${ACCEPTED_WITH}`).digest('base64');
  return told.upgrade?.toLowerCase() === 'websocket' && told['sec-websocket-accept'] === accepted;
}
