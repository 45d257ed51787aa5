import { createReadStream } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { codeOfAnswer } from '../../core/bucket/codes.ts';
import { BucketFault } from './fault.ts';

export type Exchange = {
  readonly method: 'PUT' | 'GET' | 'DELETE' | 'HEAD';
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A file that is sent, and its bytes. */
  readonly sent?: { readonly path: string; readonly bytes: number };
  readonly agent: Agent | undefined;
  /** How long one side may keep silent, and how long it may take as a whole. */
  readonly silentMs: number;
  readonly wholeMs: number;
};

/** Of an error no more is read. */
const MOST_SAID = 4096;
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/** One request with one answer, which `take` reads. Nothing is followed; faults by name. */
export async function exchange(
  given: Exchange,
  take: (answer: IncomingMessage) => Promise<void>,
): Promise<void> {
  const { origin, path, method, headers, agent, sent, wholeMs } = given;
  const request = origin.startsWith('https:') ? httpsRequest : httpRequest;
  const signal = AbortSignal.timeout(wholeMs);
  const options = { method, headers, signal, ...(agent ? { agent } : {}) };
  const asking = request(`${origin}${path}`, options);
  try {
    const answered = answerTo(asking, given);
    const sending = sent ? pipeline(createReadStream(sent.path), asking) : asking.end();
    // Who answers before the end of what was sent has said enough.
    await Promise.race([answered, Promise.resolve(sending).then(() => answered)]);
    const answer = await answered;
    const { statusCode: status = 0 } = answer;
    if (status >= 200 && status < 300) return await take(answer);
    const said = method === 'HEAD' ? '' : await codeSaid(answer);
    throw new BucketFault(codeOfAnswer(status, said), `the bucket says ${status} ${said}`.trim());
  } catch (fault) {
    throw signal.aborted
      ? new BucketFault('bucket.slow', 'the bucket takes too long')
      : named(fault);
  } finally {
    asking.destroy();
  }
}

function answerTo(asking: ClientRequest, { silentMs }: Exchange): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  asking.on('response', resolve);
  asking.on('error', reject);
  asking.on('close', () => reject(new BucketFault('bucket.unreachable', 'it hung up')));
  asking.setTimeout(silentMs, () => {
    asking.destroy(new BucketFault('bucket.slow', `the bucket is silent for ${silentMs} ms`));
  });
  // Where sending fails first, nobody waits for this one.
  promise.catch(() => {});
  return promise;
}

/** The code in an answer in XML; nothing else of it is believed, or repeated. */
async function codeSaid(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of answer) {
    text += String(piece);
    if (text.length >= MOST_SAID) break;
  }
  return /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1] ?? '';
}

function named(fault: unknown): BucketFault {
  if (fault instanceof BucketFault) return fault;
  const { code = 'no reason given' } = fault as NodeJS.ErrnoException;
  const isDistrust = TLS.test(code);
  if (isDistrust)
    return new BucketFault('bucket.untrusted', `its certificate does not hold: ${code}`);
  return new BucketFault('bucket.unreachable', `the bucket cannot be reached: ${code}`);
}
