import { encodeHex } from '@ioi/basis';
import { commitSummaryOf, composeEntry, DOMAIN_MODULE_HASH } from '@ioi/law';
import { leafHash, rootOf } from '@ioi/merkle';
import type { LogEntry } from '@ioi/protocol';
import type { SealedLog } from '../shell/projection/sealed-log.ts';

/** A sealed log in memory, for whatever reads one. */
export class MemoryLog implements SealedLog {
  readonly texts: string[] = [];
  readonly #leaves: Uint8Array[] = [];

  /** Takes over what the texts have more. */
  extend(texts: readonly string[]): this {
    for (const text of texts.slice(this.texts.length)) {
      this.texts.push(text);
      this.#leaves.push(leafHash(text));
    }
    return this;
  }

  /** One commit of made-up operations with these events. */
  commit(operations: readonly (readonly Record<string, unknown>[])[]): void {
    const first = this.texts.length;
    for (const events of operations) this.#append('boundary/any', {}, events);
    const state_root = `sha256:${String(first).padStart(64, '0')}`;
    const summary = {
      epoch: '0',
      first_seq: String(first),
      state_root,
      recovered: false,
      voided: [],
    };
    this.#append('domain/commit', summary, []);
  }

  #append(operation: string, payload: object, events: readonly Record<string, unknown>[]): void {
    const seq = BigInt(this.texts.length);
    const composed = composeEntry(
      {
        operation_id: `op_${seq.toString(16).padStart(32, '0')}`,
        operation,
        authenticated_by: { kind: 'channel' },
        payload: payload as Record<string, unknown>,
      },
      { seq, height: 0n, chainTime: 1_000n + seq, moduleHash: DOMAIN_MODULE_HASH },
      events,
    );
    if (!composed.ok) throw new Error(composed.error.message);
    this.extend([...this.texts, composed.value.text]);
  }

  read(from: number, to: number): readonly string[] {
    return this.texts.slice(from, to);
  }

  /** The log as it was sealed at a size. */
  sealed(size = this.texts.length): { size: number; root: `sha256:${string}` } {
    return { size, root: `sha256:${encodeHex(rootOf(this.#leaves.slice(0, size)))}` };
  }

  /** Sizes at which a commit ends and no later one covers it. */
  commitEnds(): number[] {
    const entries = this.texts.map((text) => JSON.parse(text) as LogEntry);
    const starts = new Set<number>();
    for (let last = entries.length - 1; last >= 0; ) {
      starts.add(last + 1);
      last = Number(commitSummaryOf(entries[last] as LogEntry)?.first_seq) - 1;
    }
    return [...starts].sort((left, right) => left - right);
  }
}
