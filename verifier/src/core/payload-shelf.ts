import { encodeUtf8 } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { type ExportPayload, payloadsOf } from '@ioi/law';
import type { Evidence, LogEntry } from '@ioi/protocol';
import type { Finding } from './codes.ts';

/** The payloads of an export: exactly those that entries refer to, in order of first reference. */
export class PayloadShelf {
  readonly evidence: Evidence = { payload: (digest) => this.#bytes.get(digest) };
  readonly #order: Digest[] = [];
  readonly #bytes = new Map<Digest, Uint8Array>();
  readonly #referred = new Set<Digest>();

  hold({ digest, text }: ExportPayload): void {
    this.#order.push(digest);
    this.#bytes.set(digest, encodeUtf8(text));
  }

  /** Takes note of what an entry refers to; a finding when that is not what comes next. */
  refer(entry: LogEntry): Omit<Finding, 'line'> | undefined {
    for (const digest of payloadsOf(entry)) {
      if (this.#referred.has(digest)) continue;
      const isNext = this.#order[this.#referred.size] === digest;
      this.#referred.add(digest);
      if (isNext) continue;
      const held = this.#bytes.has(digest);
      const message = held ? `${digest} stands elsewhere` : `there is no payload for ${digest}`;
      return { code: held ? 'payload.misplaced' : 'payload.missing', message, seq: entry.seq };
    }
    return undefined;
  }

  /** The first payload nobody referred to. */
  unreferred(): Finding | undefined {
    const extra = this.#order[this.#referred.size];
    if (extra === undefined) return undefined;
    const line = 2 + this.#referred.size;
    return { code: 'payload.extra', message: `no entry refers to ${extra}`, line };
  }
}
