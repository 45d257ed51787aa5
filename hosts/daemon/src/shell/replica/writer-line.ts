import { Agent, type ClientRequestArgs, type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { keyHashOf, pinnedTls, type TlsIdentity } from '@ioi/crypto/tls/shell';
import type { ClusterRoster, Rejection } from '@ioi/protocol';

/** Who writes, by the owner's roster. */
export type WriterAt = ClusterRoster['writers'][number];

/** The writer's own answer, as it gave it. */
export type Acknowledged = {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
};

const CONNECT_MS = 3_000;
/** A takeover has a log to read: whoever waits longer asks again. */
const ANSWER_MS = 30_000;
const ANSWER_BYTES_MAX = 1_000_000;
const SOCKETS_MAX = 32;

/** Connections to one writer, each held to its key before anything is said on it. */
export class WriterLine {
  readonly to: WriterAt;
  readonly #agent: PinnedAgent;

  constructor(to: WriterAt, identity: TlsIdentity) {
    this.to = to;
    this.#agent = new PinnedAgent(to, identity);
  }

  /**
   * Rejects with `admission.no_writer` or `admission.other_key` where nothing was said to anybody,
   * and with `admission.in_doubt` where nobody knows what became of it.
   */
  async bring(path: string, body: Uint8Array): Promise<Result<Acknowledged, Rejection>> {
    let isSaid = false;
    try {
      return ok(
        await this.#asked(path, body, () => {
          isSaid = true;
        }),
      );
    } catch (fault) {
      const reason = fault instanceof Error ? fault.message : String(fault);
      if (fault instanceof OtherKey) return err({ code: 'admission.other_key', message: reason });
      const { member } = this.to;
      if (isSaid) {
        const message = `${member} gave no answer (${reason}): again, with the same operation id`;
        return err({ code: 'admission.in_doubt', message });
      }
      const message = `${member} cannot be reached (${reason}): ask again in a moment`;
      return err({ code: 'admission.no_writer', message });
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #asked(path: string, body: Uint8Array, onSaid: () => void): Promise<Acknowledged> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const about = { agent: this.#agent, method: 'POST', path, headers, host: 'writer' };
      const asking = request({ ...about, timeout: ANSWER_MS });
      asking.once('socket', onSaid);
      asking.once('timeout', () => asking.destroy(new Error('it took too long')));
      asking.once('error', reject);
      asking.once('response', (response) => answerIn(response).then(resolve, reject));
      asking.end(body);
    });
  }
}

class OtherKey extends Error {}

/** Gives out a connection only when the other side proved the key that the owner named. */
class PinnedAgent extends Agent {
  readonly #to: WriterAt;
  readonly #identity: TlsIdentity;

  constructor(to: WriterAt, identity: TlsIdentity) {
    super({ keepAlive: true, maxSockets: SOCKETS_MAX });
    this.#to = to;
    this.#identity = identity;
  }

  override createConnection(
    _options: ClientRequestArgs,
    done: (fault: Error | null, socket: Duplex) => void = () => {},
  ): undefined {
    const { address, tls_key, member } = this.#to;
    const [, host = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(address) ?? [];
    const socket = connect({ host, port: Number(port), ...pinnedTls(this.#identity) });
    const failed = (fault: Error): void => {
      clearTimeout(late);
      socket.destroy();
      done(fault, socket);
    };
    const late = setTimeout(() => failed(new Error('no connection came about')), CONNECT_MS);
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      clearTimeout(late);
      socket.off('error', failed);
      const shown: Digest | undefined = keyHashOf(socket);
      if (shown === tls_key) return done(null, socket);
      failed(new OtherKey(`who answers at ${address} is not ${member}: it holds another key`));
    });
    return undefined;
  }
}

async function answerIn(response: IncomingMessage): Promise<Acknowledged> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > ANSWER_BYTES_MAX) throw new Error('its answer is too long');
    parts.push(part);
  }
  const type = response.headers['content-type'] ?? 'application/json';
  return { status: response.statusCode ?? 502, type, body: Buffer.concat(parts) };
}
