import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { OcsfEvent } from '../core/audit/ocsf.ts';
import { NotTaken, type Receiver, refused, TooLarge } from './receiver.ts';
import type { Secured } from './secured.ts';

export type HttpTarget = Secured & {
  readonly url: string;
  readonly contentType: string;
  /** Undefined where there is nothing to tell of them. */
  readonly bodyOf: (events: readonly OcsfEvent[]) => string | undefined;
  /** What was answered when they were taken. */
  readonly onTaken?: (answer: string) => void;
};

const TIMEOUT_MS = 30_000;
const LONGEST_WAIT_S = 600;
const MOST_ANSWER = 65_536;
const TOO_LARGE = 413;
/** Beside all of 5xx. */
const TRANSIENT: readonly number[] = [408, 425, 429];

/** One POST for each batch; taken is what was answered with 2xx. A redirect is not followed. */
export function httpReceiver(target: HttpTarget): Receiver {
  const { url, token, ca, cert, key } = target;
  const isPlain = url.startsWith('http:');
  const tls = { ca, cert, key };
  const agent = isPlain
    ? new PlainAgent({ keepAlive: true })
    : new Agent({ keepAlive: true, ...tls });
  const headers = {
    'content-type': target.contentType,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return {
    send: async (events) => {
      const told = target.bodyOf(events);
      if (told === undefined) return;
      const body = Buffer.from(told);
      const { status, retryAfter, answer } = await post({ url, agent, headers, body });
      if (status >= 200 && status < 300) return target.onTaken?.(answer);
      if (status === TOO_LARGE) throw new TooLarge(`${new URL(url).origin} answered 413`);
      const said = `${new URL(url).origin} answered ${status}`;
      if (status >= 500 || TRANSIENT.includes(status)) throw new NotTaken(said, retryAfter);
      throw refused(said);
    },
    close: async () => agent.destroy(),
  };
}

type Posting = {
  readonly url: string;
  readonly agent: PlainAgent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

type Answered = {
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly answer: string;
};

function post({ url, agent, headers, body }: Posting): Promise<Answered> {
  const send = url.startsWith('http:') ? plainRequest : request;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    const sizes = { ...headers, 'content-length': String(body.length) };
    const asked = send(url, { method: 'POST', agent, headers: sizes, signal }, (answer) => {
      let said = Buffer.alloc(0);
      answer.on('data', (chunk: Buffer) => {
        if (said.length < MOST_ANSWER) said = Buffer.concat([said, chunk]);
      });
      answer.on('error', (fault) => reject(new NotTaken(fault.message)));
      answer.on('end', () => {
        const seconds = Number(answer.headers['retry-after']);
        const isWait = Number.isInteger(seconds) && seconds > 0;
        const retryAfter = isWait ? Math.min(seconds, LONGEST_WAIT_S) * 1000 : undefined;
        resolve({ status: answer.statusCode ?? 0, retryAfter, answer: said.toString('utf8') });
      });
    });
    asked.on('error', (fault) => reject(new NotTaken(fault.message)));
    asked.end(body);
  });
}
