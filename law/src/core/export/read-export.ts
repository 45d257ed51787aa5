import type { Result } from '@ioi/basis';
import { MAX_ENTRY_BYTES } from '../ledger/entry.ts';
import type { ExportRejection } from './codes.ts';
import { type ExportHeader, type ExportPayload, parseHeader, parsePayload } from './header.ts';
import { LineReader } from './line-reader.ts';

const MAX_HEADER_BYTES = 1024 * 1024;
const MAX_PAYLOAD_LINE_BYTES = 128 * 1024 * 1024;

/** One line of an export, in file order; `line` counts from 1. After `refused` comes nothing. */
export type ExportPart =
  | { readonly kind: 'header'; readonly line: number; readonly value: ExportHeader }
  | { readonly kind: 'payload'; readonly line: number; readonly value: ExportPayload }
  /** Bytes that claim to be an entry: `parseEntry` tells. */
  | { readonly kind: 'entry'; readonly line: number; readonly value: Uint8Array }
  | { readonly kind: 'refused'; readonly line: number; readonly value: ExportRejection };

/**
 * Reads an export once, holding one line at a time, from chunks of bytes however they fall. All
 * parts were handed over and the file is complete when the last part is not `refused`.
 */
export function* readExport(chunks: Iterable<Uint8Array>): Generator<ExportPart, void> {
  const reader = new ExportReader(new LineReader(chunks));
  try {
    yield* reader.parts();
  } finally {
    reader.close();
  }
}

class ExportReader {
  readonly #lines: LineReader;
  #line = 0;

  constructor(lines: LineReader) {
    this.#lines = lines;
  }

  *parts(): Generator<ExportPart, void> {
    const header = this.#part('header', MAX_HEADER_BYTES, parseHeader);
    yield header;
    if (header.kind !== 'header') return;
    for (let left = header.value.payloads; left > 0; left--) {
      const part = this.#part('payload', MAX_PAYLOAD_LINE_BYTES, parsePayload);
      yield part;
      if (part.kind === 'refused') return;
    }
    for (let left = header.value.entries; left > 0; left--) {
      const part = this.#part('entry', MAX_ENTRY_BYTES, (value) => ({ ok: true, value }));
      yield part;
      if (part.kind === 'refused') return;
    }
    this.#line += 1;
    const after = this.#lines.next(0).kind;
    if (after !== 'end') yield this.#refuse('export.trailing', 'the file goes on after its end');
  }

  close(): void {
    this.#lines.close();
  }

  #part<K extends ExportPart['kind']>(
    kind: K,
    maxBytes: number,
    parse: (
      bytes: Uint8Array,
    ) => Result<Extract<ExportPart, { kind: K }>['value'], ExportRejection>,
  ): ExportPart {
    this.#line += 1;
    const read = this.#lines.next(maxBytes);
    if (read.kind === 'end') return this.#refuse('export.truncated', `no ${kind} stands here`);
    if (read.kind === 'unterminated') {
      return this.#refuse('export.truncated', 'the last line does not end');
    }
    if (read.kind === 'too_long') {
      return this.#refuse('export.malformed', `a ${kind} line has at most ${maxBytes} bytes`);
    }
    const parsed = parse(read.bytes);
    if (!parsed.ok) return { kind: 'refused', line: this.#line, value: parsed.error };
    return { kind, line: this.#line, value: parsed.value } as ExportPart;
  }

  #refuse(code: ExportRejection['code'], message: string): ExportPart {
    return { kind: 'refused', line: this.#line, value: { code, message } };
  }
}
