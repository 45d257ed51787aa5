import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { MOST_KEPT_BYTES } from '@ioi/law';
import type { NetworkReceipt, ReplyHead, ReplySink } from '@ioi/protocol';

/** Of one answer, whether or not anybody still reads it. */
export const MOST_ANSWER_BYTES = 16 * 1024 ** 3;
export const ANSWER_TOO_LARGE = `web.answer_too_large: more than ${MOST_ANSWER_BYTES} bytes`;
/** What speaks of one connection alone, and not of the next (RFC 9110 7.6.1). */
const OF_ONE_CONNECTION = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;

export type Taken = Pick<
  NetworkReceipt,
  'status' | 'response_headers' | 'response_cid' | 'response_bytes' | 'complete' | 'response_body'
>;

type OnReply = ((head: ReplyHead) => ReplySink) | undefined;

/** An answer while it comes. */
export type Coming = {
  readonly head: ReplyHead;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Of one whose chunks came to an end: whether that was its own. */
  readonly isWhole: () => boolean;
  readonly destroy: () => void;
};

export function comingOf(answer: IncomingMessage): Coming {
  return {
    head: headOf(answer),
    chunks: answer as AsyncIterable<Buffer>,
    isWhole: () => answer.complete,
    destroy: () => void answer.destroy(),
  };
}

/** Where an answer too long for a receipt is written beside handing it on. Never rejects. */
export type LongAnswer = {
  /** Resolves once there is room for more. */
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** All of it came, or no more will. */
  readonly end: (isWhole: boolean) => void;
};

export type Taking = {
  readonly onReply: OnReply;
  /** Asked once more came than a receipt holds; undefined where it is not to be kept. */
  readonly keepLong?: () => LongAnswer | undefined;
  readonly most?: number;
};

/** Hands an answer on while it comes, and names it by what came. Never rejects. */
export async function takeAnswer(
  coming: Coming,
  { onReply, keepLong, most = MOST_ANSWER_BYTES }: Taking,
): Promise<Taken> {
  const { head } = coming;
  const hash = createHash('sha256');
  const kept: Uint8Array[] = [];
  let long: LongAnswer | undefined;
  let size = 0;
  let isWhole = true;
  try {
    const sink = onReply?.(head);
    for await (const chunk of coming.chunks) {
      hash.update(chunk);
      size += chunk.length;
      if (size <= MOST_KEPT_BYTES) kept.push(chunk);
      else {
        if (size - chunk.length <= MOST_KEPT_BYTES) long = keepLong?.();
        for (const earlier of kept.splice(0)) await long?.write(earlier);
        await long?.write(chunk);
      }
      if (size > most) throw new Error(ANSWER_TOO_LARGE);
      await sink?.write(chunk);
    }
    isWhole = coming.isWhole();
  } catch {
    isWhole = false;
    coming.destroy();
  }
  long?.end(isWhole);
  const body = size <= MOST_KEPT_BYTES ? { response_body: textOf(Buffer.concat(kept)) } : {};
  return {
    status: head.status,
    response_headers: head.headers.map(([name, value]): [string, string] => [name, value]),
    response_cid: `sha256:${hash.digest('hex')}`,
    response_bytes: size,
    complete: isWhole,
    ...body,
  };
}

function headOf({ statusCode = 0, rawHeaders }: IncomingMessage): ReplyHead {
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const pairs = names.map((name, at) => [name, rawHeaders[at * 2 + 1] ?? ''] as const);
  const listed = pairs.flatMap(([name, value]) => {
    return name === 'connection' ? value.toLowerCase().split(/\s*,\s*/) : [];
  });
  const headers = pairs.filter(([name]) => !OF_ONE_CONNECTION.test(name) && !listed.includes(name));
  return { status: statusCode, headers };
}

function textOf(bytes: Buffer): NonNullable<Taken['response_body']> {
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return { encoding: 'utf8', data: text };
  return { encoding: 'base64', data: bytes.toString('base64') };
}
