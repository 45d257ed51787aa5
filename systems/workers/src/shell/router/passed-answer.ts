import { createHash } from 'node:crypto';
import {
  isAnswerOf,
  isRefusal,
  MOST_KEPT_BYTES,
  type ModelCandidate,
  NOTHING_STREAMED,
  NOTHING_TRANSLATED,
  passedAnswerOf,
  readAnswer,
  type StreamedAnswer,
  streamedAnswerOf,
  type Translation,
  takeModelLine,
  translateEnd,
  translateFault,
  translateLine,
  writeAnswer,
} from '@ioi/law';
import type { NetworkReceipt, PerformOptions, ReplySink } from '@ioi/protocol';
import type { Became } from '../../core/router/route.ts';
import { type Coming, jsonIn, TOO_LONG, whyOf } from './model-answer.ts';

/** What came of an answer, as it went on to the program. */
export type Passed = Pick<
  NetworkReceipt,
  'status' | 'response_headers' | 'response_cid' | 'response_bytes' | 'response_body'
> & {
  /** The word its server ended it with, where that is a refusal that others were told already. */
  readonly end?: string;
};

/** Of an answer that comes as a whole: pictures stand in some. */
const MOST_WHOLE_BYTES = 16 * 1024 * 1024;
const MOST_STREAM_BYTES = 256 * 1024 * 1024;
const MOST_LINE = 16 * 1024 * 1024;
/** From the first byte to the first that says something: the question is repeated there by some. */
const MOST_HEAD_BYTES = 4 * 1024 * 1024;
const STREAMED = /^text\/event-stream\b/i;
/** All others speak of a connection, of whoever pays, or set something at the program. */
const PASSED_ON = ['content-type', 'retry-after', 'retry-after-ms', 'request-id', 'x-request-id'];

/**
 * Hands an answer of a provider on to a program, in its own words or translated. Nothing of it is
 * handed on before it says something, so that another may be asked where it is a refusal or none
 * at all.
 */
export class PassedAnswer {
  readonly #onReply: PerformOptions['onReply'];
  readonly #hash = createHash('sha256');
  readonly #kept: Uint8Array[] = [];
  #bytes = 0;
  #head: Pick<Passed, 'status' | 'response_headers'> | undefined;
  #sink: ReplySink | undefined;
  #end: string | undefined;

  constructor(onReply: PerformOptions['onReply']) {
    this.#onReply = onReply;
  }

  /** Undefined where nothing went on to anybody. */
  get passed(): Passed | undefined {
    if (this.#head === undefined) return undefined;
    const kept = this.#bytes <= MOST_KEPT_BYTES ? bodyOf(Buffer.concat(this.#kept)) : undefined;
    return {
      ...this.#head,
      response_cid: `sha256:${this.#hash.copy().digest('hex')}`,
      response_bytes: this.#bytes,
      ...(kept === undefined ? {} : { response_body: kept }),
      ...(this.#end === undefined ? {} : { end: this.#end }),
    };
  }

  /** `how` it is translated; as it comes without. */
  async take(candidate: ModelCandidate, coming: Coming, how?: Translation): Promise<Became> {
    const { status, headers = [], chunks } = coming;
    if (status >= 300 && status <= 399) {
      await chunks[Symbol.asyncIterator]().return?.();
      return { kind: 'failed', why: `${status}: it leads elsewhere, where nobody follows` };
    }
    const type = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
    const isGood = status >= 200 && status <= 299;
    const isStreamed = isGood && STREAMED.test(type);
    if (how !== undefined && isGood && isStreamed !== how.isStreamed) {
      await chunks[Symbol.asyncIterator]().return?.();
      return { kind: 'failed', why: NONE };
    }
    if (isStreamed) return this.#stream(candidate, coming, how && new Translator(how));
    return this.#whole(candidate, coming, how);
  }

  async #whole(candidate: ModelCandidate, coming: Coming, how?: Translation): Promise<Became> {
    const isGood = coming.status >= 200 && coming.status <= 299;
    const bytes = await bytesIn(coming.chunks);
    if (bytes === undefined) return { kind: 'failed', why: TOO_LONG };
    const read = jsonIn(bytes.toString('utf8'));
    const answer = passedAnswerOf(candidate, coming.status, read);
    if (answer.kind === 'policy') return answer;
    if (isGood && !isAnswerOf(candidate, read)) return { kind: 'failed', why: NONE };
    if (how === undefined) {
      await this.#write(coming, [bytes]);
      return answer;
    }
    if (!isGood) {
      const { status, body } = translateFault(coming.status, read, how);
      await this.#write({ ...withType(coming, JSON_TYPE), status }, [jsonBytes(body)]);
      return answer;
    }
    const whole = readAnswer(read, how);
    if (!whole.ok) return { kind: 'failed', why: whole.error };
    await this.#write(withType(coming, JSON_TYPE), [jsonBytes(writeAnswer(whole.value, how))]);
    return answer;
  }

  async #stream(
    candidate: ModelCandidate,
    given: Coming,
    translator: Translator | undefined,
  ): Promise<Became> {
    const coming = translator === undefined ? given : withType(given, STREAM_TYPE);
    const lines = new Lines();
    let so: StreamedAnswer = NOTHING_STREAMED;
    let held: Uint8Array[] = [];
    let why: string | undefined;
    try {
      for await (const chunk of coming.chunks) {
        const taken = lines.take(chunk);
        for (const line of taken) {
          so = { ...takeModelLine(so, line, candidate), text: '' };
          const isFirst = this.#head === undefined;
          if (isFirst && so.fault !== undefined) return { kind: 'failed', why: so.fault };
          if (isFirst && isRefusal(so.end)) return { kind: 'policy', why: String(so.end) };
        }
        held.push(translator?.take(taken) ?? chunk);
        const fault = translator?.fault;
        if (this.#head === undefined && fault) return { kind: 'failed', why: fault };
        if (this.#head === undefined && !so.hasBegun) {
          if (lines.bytes > MOST_HEAD_BYTES) return { kind: 'failed', why: NONE };
          continue;
        }
        await this.#write(coming, held);
        held = [];
        if (fault) break;
      }
      for (const line of lines.rest()) so = { ...takeModelLine(so, line, candidate), text: '' };
      if (translator && this.#head) await this.#write(coming, [translator.end(lines.rest())]);
    } catch (fault) {
      why = fault instanceof TooLong ? TOO_LONG : whyOf(fault);
    }
    why ??= translator?.fault;
    if (this.#head === undefined) return { kind: 'failed', why: why ?? NONE };
    const { usage, end } = so;
    const answer = streamedAnswerOf(candidate, { ...so, end: isRefusal(end) ? 'stop' : end });
    if (isRefusal(end)) this.#end = end;
    const isWhole = why === undefined || (so.isOver && translator === undefined);
    if (answer.kind === 'answered' && isWhole) return answer;
    const said = answer.kind === 'answered' ? undefined : answer.why;
    return { kind: 'broken', why: why ?? said ?? NONE, text: '', usage };
  }

  async #write({ status, headers = [] }: Coming, chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#head === undefined) {
      const response_headers = headers.flatMap(([name, value]): [string, string][] => {
        return PASSED_ON.includes(name) ? [[name, value]] : [];
      });
      this.#head = { status, response_headers };
      this.#sink = this.#onReply?.({ status, headers: response_headers });
    }
    for (const chunk of chunks) {
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes <= MOST_KEPT_BYTES) this.#kept.push(chunk);
      await this.#sink?.write(chunk);
    }
  }
}

const NONE = 'what it says is no answer of such a model';

const JSON_TYPE = 'application/json';
const STREAM_TYPE = 'text/event-stream; charset=utf-8';

class TooLong extends Error {}

/** An event stream in the words of another protocol. */
class Translator {
  readonly #how: Translation;
  #so = NOTHING_TRANSLATED;

  constructor(how: Translation) {
    this.#how = how;
  }

  get fault(): string | undefined {
    return this.#so.gathered.fault;
  }

  take(lines: readonly string[]): Uint8Array {
    const told = lines.map((line) => {
      const { so, text } = translateLine(this.#so, line, this.#how);
      this.#so = so;
      return text;
    });
    return Buffer.from(told.join(''));
  }

  end(rest: readonly string[]): Uint8Array {
    const last = this.take(rest);
    const { so, text } = translateEnd(this.#so, this.#how);
    this.#so = so;
    return Buffer.concat([last, Buffer.from(text)]);
  }
}

/** As what is translated is told: what the server said of its own form is of no use. */
function withType(coming: Coming, type: string): Coming {
  const others = (coming.headers ?? []).filter(([name]) => name !== 'content-type');
  return { ...coming, headers: [['content-type', type], ...others] };
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Of a stream; throws where one, or all of them, are too long. */
class Lines {
  readonly #decoder = new TextDecoder();
  /** Of the line that has not ended: joined once it has, so that a long one is read once. */
  #parts: string[] = [];
  #length = 0;
  bytes = 0;

  take(chunk: Uint8Array): readonly string[] {
    this.bytes += chunk.length;
    if (this.bytes > MOST_STREAM_BYTES) throw new TooLong();
    const lines = this.#decoder.decode(chunk, { stream: true }).split('\n');
    const rest = lines.pop() ?? '';
    if (lines.length > 0) {
      lines[0] = [...this.#parts, lines[0]].join('');
      this.#parts = [];
      this.#length = 0;
    }
    this.#parts.push(rest);
    this.#length += rest.length;
    if (this.#length > MOST_LINE) throw new TooLong();
    return lines.map((line) => line.replace(/\r$/, ''));
  }

  rest(): readonly string[] {
    return this.#length === 0 ? [] : [this.#parts.join('')];
  }
}

async function bytesIn(chunks: AsyncIterable<Uint8Array>): Promise<Buffer | undefined> {
  const all: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MOST_WHOLE_BYTES) return undefined;
    all.push(chunk);
  }
  return Buffer.concat(all);
}

function bodyOf(bytes: Buffer): Passed['response_body'] {
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return { encoding: 'utf8', data: text };
  return { encoding: 'base64', data: bytes.toString('base64') };
}
