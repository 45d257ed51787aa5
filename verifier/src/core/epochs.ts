import { assert, err, ok, type Result } from '@ioi/basis';
import { type Checkpoint, type NoteKey, noteKeysOf } from '@ioi/crypto';
import { type Sealer, sealerNamedIn } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import type { Finding } from './codes.ts';

/** Who seals a log from some size on. */
export type Epoch = {
  readonly epoch: string;
  readonly origin: string;
  /** Ed25519, then ML-DSA-44. */
  readonly keys: readonly NoteKey[];
  /** Entries before it. */
  readonly from: number;
};

/** The epochs of a log as far as it was read: each seals what is behind the one before it. */
export class Epochs {
  #all: readonly [Epoch, ...Epoch[]];

  constructor(first: Epoch) {
    this.#all = [first];
  }

  get current(): Epoch {
    return this.#all.at(-1) ?? this.#all[0];
  }

  /** Takes note of an entry that was held to be true, where it begins an epoch. */
  take(entry: LogEntry): void {
    const sealer = entry.seq === '0' ? undefined : sealerNamedIn(entry);
    if (sealer) this.begin(sealer, { epoch: next(this.current.epoch), from: Number(entry.seq) });
  }

  begin({ guardian_key, origin }: Sealer, place: Pick<Epoch, 'epoch' | 'from'>): void {
    const pair = noteKeysOf(guardian_key, origin);
    assert(pair.ok, 'whoever admits a change sees that its key can be used');
    const keys = [pair.value.ed25519, pair.value.mlDsa44];
    this.#all = [...this.#all, { ...place, origin, keys }];
  }

  /** The epoch whose checkpoints have this origin. */
  named(origin: string): Epoch | undefined {
    return this.#all.find((each) => each.origin === origin);
  }

  /**
   * Who sealed a checkpoint that is remembered, by its origin. Rejects with `expect.other_log`,
   * or with `expect.other_epoch` where another was sealing at its size already.
   */
  sealerOf({ origin, size }: Checkpoint): Result<Epoch, Finding> {
    const epoch = this.named(origin);
    const after = epoch && this.#all[this.#all.indexOf(epoch) + 1];
    if (!epoch) {
      const message = `the remembered checkpoint is of ${origin}`;
      return err({ code: 'expect.other_log', message });
    }
    if (size > epoch.from && (!after || size <= after.from)) return ok(epoch);
    const end = after ? ` and ended at ${after.from}` : '';
    const message =
      `epoch ${epoch.epoch} began after ${epoch.from} entries${end}; ` +
      `${size} were remembered: what it sealed beyond was lost to a restore, or is a fork`;
    return err({ code: 'expect.other_epoch', message });
  }
}

/** Whether a checkpoint names a later epoch of the log whose genesis has this origin. */
export function isLaterOrigin(origin: string, base: string): boolean {
  return origin.startsWith(`${base}/`) && /^[1-9][0-9]*$/.test(origin.slice(base.length + 1));
}

function next(epoch: string): string {
  return String(BigInt(epoch) + 1n);
}
