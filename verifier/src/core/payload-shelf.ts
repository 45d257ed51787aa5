import { encodeUtf8 } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { decidedOn, type ExportPayload, FORGET_OPERATION, payloadsOf } from '@ioi/law';
import type { Evidence, ForgetContent, LogEntry } from '@ioi/protocol';
import type { Finding } from './codes.ts';

/**
 * The payloads of an export: exactly those that entries refer to, in order of first reference.
 * A content may stand there as forgotten; then the log itself must say so, later than the last
 * decision made on it.
 */
export class PayloadShelf {
  readonly evidence: Evidence = { payload: (digest) => this.#bytes.get(digest) };
  readonly #order: Digest[] = [];
  readonly #bytes = new Map<Digest, Uint8Array>();
  readonly #forgotten = new Set<Digest>();
  readonly #referred = new Set<Digest>();
  /** Forgotten contents that a decision was made on, and no entry since says were forgotten. */
  readonly #unsaid = new Map<Digest, LogEntry>();

  hold(payload: ExportPayload): void {
    this.#order.push(payload.digest);
    if ('text' in payload) this.#bytes.set(payload.digest, encodeUtf8(payload.text));
    else this.#forgotten.add(payload.digest);
  }

  /** Takes note of what an entry refers to; a finding when that is not what comes next. */
  refer(entry: LogEntry): Omit<Finding, 'line'> | undefined {
    const contents = decidedOn(entry);
    for (const digest of payloadsOf(entry)) {
      const isFirst = !this.#referred.has(digest);
      const isNext = this.#order[this.#referred.size] === digest;
      this.#referred.add(digest);
      if (isFirst && !isNext) return this.#misplaced(digest, entry);
      if (!this.#forgotten.has(digest)) continue;
      if (!contents.includes(digest)) return missing(digest, entry);
      this.#unsaid.set(digest, entry);
    }
    if (entry.operation === FORGET_OPERATION) {
      const { digests } = entry.payload as ForgetContent;
      for (const digest of digests) this.#unsaid.delete(digest as Digest);
    }
    return undefined;
  }

  /** What stands here as forgotten although no entry says so, or a payload nobody referred to. */
  finish(): Finding | undefined {
    const [unsaid] = this.#unsaid;
    if (unsaid) return missing(...unsaid);
    const extra = this.#order[this.#referred.size];
    if (extra === undefined) return undefined;
    const line = 2 + this.#referred.size;
    return { code: 'payload.extra', message: `no entry refers to ${extra}`, line };
  }

  #misplaced(digest: Digest, entry: LogEntry): Omit<Finding, 'line'> {
    if (!this.#bytes.has(digest) && !this.#forgotten.has(digest)) return missing(digest, entry);
    return {
      code: 'payload.misplaced',
      message: `${digest} stands elsewhere`,
      seq: entry.seq,
    };
  }
}

function missing(digest: Digest, { seq }: LogEntry): Omit<Finding, 'line'> {
  return { code: 'payload.missing', message: `there is no payload for ${digest}`, seq };
}
