import { decodeUtf8 } from '@ioi/basis';
import { BodyReader, HEADER, int32Part, messageOf, textPart } from './wire.ts';

/** An error as PostgreSQL says it; `detail` names ours. */
export type SqlError = {
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
};

/** A message in a stream of answers. */
export type Answered = { readonly type: string; readonly body: Uint8Array };

/** Where it begins and ends. */
type Placed = { readonly type: string; readonly at: number; readonly end: number };

const SYNTAX_ERROR = '42601';
const READY = 0x5a;

export function errorMessage(
  { sqlstate, message, detail }: SqlError,
  severity: 'ERROR' | 'FATAL' = 'ERROR',
): Uint8Array {
  // A zero would end the field, and begin another.
  const [said, why] = [message, detail].map((each) => each?.replaceAll('\0', ' '));
  const more = why === undefined ? '' : `D${why}\0`;
  const fields = `S${severity}\0V${severity}\0C${sqlstate}\0M${said}\0${more}`;
  return messageOf('E', textPart(fields));
}

export function parameterMessage(name: string, value: string): Uint8Array {
  return messageOf('S', textPart(name), textPart(value));
}

export function readyMessage(status: 'I' | 'T' | 'E' = 'I'): Uint8Array {
  return messageOf('Z', Uint8Array.of(status.charCodeAt(0)));
}

export function keyMessage(session: number, secret: number): Uint8Array {
  return messageOf('K', int32Part(session), int32Part(secret));
}

/** Where each message of an answer is, which is whole: of millions of rows none is held. */
export function* messagesIn(bytes: Uint8Array): Generator<Placed, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const end = at + 1 + view.getInt32(at + 1);
    yield { type: String.fromCharCode(bytes[at] ?? 0), at, end };
    at = end;
  }
}

/** The messages of a short answer. */
export function answersIn(bytes: Uint8Array): Answered[] {
  return [...messagesIn(bytes)].map(({ type, at, end }) => {
    return { type, body: bytes.subarray(at + HEADER, end) };
  });
}

/** How the transaction stands after an answer that ends with ReadyForQuery; else undefined. */
export function statusAfter(bytes: Uint8Array): 'I' | 'T' | 'E' | undefined {
  const at = bytes.length - 6;
  const isReady = at >= 0 && bytes[at] === READY && bytes[at + 4] === 5 && bytes[at + 1] === 0;
  if (!isReady) return undefined;
  const status = String.fromCharCode(bytes[at + 5] ?? 0);
  return status === 'I' || status === 'T' || status === 'E' ? status : undefined;
}

/** The word or words of a CommandComplete. */
export function tagOf(body: Uint8Array): string {
  return new BodyReader(body).text() ?? '';
}

/**
 * What is refused is given to the engine as a text that is no SQL, so that the engine itself skips
 * what follows and marks the transaction; its error is exchanged for ours on the way back.
 */
export function refusalText(place: number): string {
  return `ioi_refused_${place}`;
}

/** Which refusal an error stands for. */
export function refusalIn(body: Uint8Array): number | undefined {
  const fields = new Map(
    decodeUtf8(body)
      ?.split('\0')
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  );
  if (fields.get('C') !== SYNTAX_ERROR) return undefined;
  const [, place] = /ioi_refused_([0-9]{1,9})\b/.exec(fields.get('M') ?? '') ?? [];
  return place === undefined ? undefined : Number(place);
}

/** Several answers in a row, each up to its ReadyForQuery. */
export function splitAtReady(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at + 5 <= bytes.length; ) {
    const isReady = bytes[at] === READY;
    at += 1 + view.getInt32(at + 1);
    if (!isReady) continue;
    parts.push(bytes.subarray(from, at));
    from = at;
  }
  return parts;
}
