import {
  type ModelCandidate,
  modelAnswerOf,
  NOTHING_STREAMED,
  streamedAnswerOf,
  takeModelLine,
} from '@ioi/law';
import type { ReplyHead } from '@ioi/protocol';
import type { Became } from '../../core/router/route.ts';

/** What a server sends, while it comes. */
export type Coming = {
  readonly status: number;
  readonly headers?: ReplyHead['headers'];
  readonly chunks: AsyncIterable<Uint8Array>;
};

/** Told what a text goes on with; undefined where what was told before is void. */
export type OnText = (piece: string | undefined) => void;

const MOST_ANSWER_BYTES = 1_048_576;
export const TOO_LONG = 'an answer that is too long';

/** The whole answer, read at its end. Rejects where the server breaks off. */
export async function wholeAnswer(candidate: ModelCandidate, coming: Coming): Promise<Became> {
  const text = await textIn(coming.chunks);
  if (text === undefined) return { kind: 'failed', why: TOO_LONG };
  return modelAnswerOf(candidate, coming.status, jsonIn(text));
}

/** The same of one in pieces, each told as it comes. A server that breaks off is told by name. */
export async function streamedAnswer(
  candidate: ModelCandidate,
  coming: Coming,
  onText: OnText,
): Promise<Became> {
  // Of what it refuses or fails at it speaks in one piece.
  if (coming.status < 200 || coming.status > 299) return wholeAnswer(candidate, coming);
  let so = NOTHING_STREAMED;
  let why: string | undefined;
  try {
    for await (const line of linesIn(coming.chunks)) {
      const next = takeModelLine(so, line, candidate);
      if (next.text.length > MOST_ANSWER_BYTES) throw new TooLong();
      so = next;
      if (so.piece !== '') onText(so.piece);
      if (so.fault !== undefined) break;
    }
  } catch (fault) {
    why = fault instanceof TooLong ? TOO_LONG : whyOf(fault);
  }
  const { usage } = so;
  const text = so.text.toWellFormed();
  if (why !== undefined && !so.isOver) return { kind: 'broken', why, text, usage };
  const answer = streamedAnswerOf(candidate, so);
  if (answer.kind === 'broken') return { ...answer, text, usage };
  // The next one begins anew.
  if (answer.kind === 'policy' && text !== '') onText(undefined);
  return answer;
}

export function whyOf(fault: unknown): string {
  const { cause, code } = Object(fault) as { cause?: { code?: unknown }; code?: unknown };
  return String(cause?.code ?? code ?? fault).toWellFormed();
}

class TooLong extends Error {}

async function* linesIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    // Its events say each piece of a text with much around it.
    if (bytes > MOST_ANSWER_BYTES * 64) throw new TooLong();
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_ANSWER_BYTES) throw new TooLong();
    yield* lines.map((line) => line.replace(/\r$/, ''));
  }
  if (rest !== '') yield rest;
}

async function textIn(chunks: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const all: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > MOST_ANSWER_BYTES) return undefined;
    all.push(chunk);
  }
  return Buffer.concat(all).toString('utf8');
}

export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
