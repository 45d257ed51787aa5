import {
  type Checkpoint,
  formatNote,
  formatSignatures,
  type NoteKey,
  type NoteSignature,
  parseCheckpoint,
  parseNote,
  parseNoteKey,
} from '@ioi/crypto';
import { cosignCheckpoint, cosignCheckpointEd25519, type HybridKey } from '@ioi/crypto/shell';
import { formatWitnessedSize } from '@ioi/merkle';
import {
  type KnownLog,
  readSubmission,
  type Submission,
  statusOf,
  type WitnessCode,
  type WitnessRefusal,
  witness,
} from '../core/index.ts';
import type { StoredHead, WitnessStore } from './witness-store.ts';

/** Refusals of what a key of the log did sign, and that one honest writer never meets. */
const CONTRADICTS: ReadonlySet<WitnessCode> = new Set([
  'witness.other_root',
  'witness.inconsistent',
]);

export type ServiceOptions = {
  readonly store: WitnessStore;
  readonly key: HybridKey;
  /** Keys of the logs it was told of, by origin. */
  readonly logs: ReadonlyMap<string, readonly NoteKey[]>;
  /** Logs beyond those are believed the key they come with first; at most so many. */
  readonly mostUnknownLogs: number;
  /** Seconds since 1970. */
  readonly now: () => number;
};

export type Answer = { readonly status: number; readonly type: string; readonly body: string };

type Lookup = KnownLog & { readonly head: StoredHead | undefined; readonly pin?: string };

/** Answers a witness's requests: decides, writes down, and only then signs. */
export class WitnessService {
  readonly #options: ServiceOptions;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** C2SP tlog-witness `add-checkpoint`. `offeredKey` is the verifier key the log came with. */
  async addCheckpoint(body: string, offeredKey?: string): Promise<Answer> {
    const read = readSubmission(body);
    if (!read.ok) return refusal(read.error);
    const { checkpoint } = read.value;
    const log = this.#lookUp(checkpoint.origin, offeredKey);
    const accepted = witness(log, read.value);
    if (!accepted.ok) {
      this.#remember(read.value, accepted.error);
      return refusal(accepted.error);
    }
    const { head, pin } = log as Lookup;
    // A clock that was set back does not make a later statement an earlier one.
    const seen = Math.max(this.#options.now(), head?.seen ?? 0);
    if (head?.size !== checkpoint.size) {
      const { store } = this.#options;
      const swap = { before: head, accepted: accepted.value, seen, logKey: pin };
      // Reading and writing are one turn of this process; only another one could come between.
      if (!store.swap(swap)) return refusal(overtaken(store.head(checkpoint.origin)));
    }
    return cosigned(await this.#cosign(checkpoint, seen));
  }

  /** The last checkpoint cosigned of a log, with both signatures (not part of C2SP). */
  async latest(origin: string): Promise<Answer> {
    const head = this.#options.store.head(origin);
    const note = head && parseNote(head.note);
    const checkpoint = note?.ok ? parseCheckpoint(note.value.text) : undefined;
    if (!head || !note?.ok || !checkpoint?.ok) {
      const message = `nothing of ${origin} was cosigned here`;
      return refusal({ code: 'witness.unknown_log', message });
    }
    const lines = await this.#cosign(checkpoint.value, head.seen);
    const { text, signatures } = note.value;
    const body = formatNote({ text, signatures: [...signatures, ...lines] });
    return { status: 200, type: TEXT, body };
  }

  /** What a key of the log signed and this witness can never cosign. */
  #remember({ checkpoint, request }: Submission, { code }: WitnessRefusal): void {
    const { store, now } = this.#options;
    const held = store.head(checkpoint.origin);
    if (held === undefined || !CONTRADICTS.has(code)) return;
    const at = Math.max(now(), held.seen);
    const said = { at, code, held_size: held.size, note: request.checkpoint };
    store.contradict(checkpoint.origin, said);
  }

  #lookUp(origin: string, offeredKey: string | undefined): Lookup | undefined {
    const { store, logs } = this.#options;
    const head = store.head(origin);
    const told = logs.get(origin);
    if (told) return { keys: told, held: head, head };
    const isNew = head === undefined;
    const pin = isNew ? this.#keyOnFirstUse(origin, offeredKey) : head.logKey;
    const key = pin === undefined ? undefined : parseNoteKey(pin);
    if (pin === undefined || !key?.ok) return undefined;
    return { keys: [key.value], held: head, head, pin };
  }

  #keyOnFirstUse(origin: string, offeredKey: string | undefined): string | undefined {
    const key = offeredKey === undefined ? undefined : parseNoteKey(offeredKey);
    if (!key?.ok || key.value.name !== origin) return undefined;
    const isRoom = this.#options.store.count() < this.#options.mostUnknownLogs;
    return isRoom ? offeredKey : undefined;
  }

  async #cosign(checkpoint: Checkpoint, seen: number): Promise<NoteSignature[]> {
    const { key, store } = this.#options;
    const { name } = store;
    const time = BigInt(seen);
    const classic = cosignCheckpointEd25519(key, name, checkpoint, time);
    return [classic, await cosignCheckpoint(key, name, checkpoint, time)];
  }
}

const TEXT = 'text/plain; charset=utf-8';
const SIZE = 'text/x.tlog.size';

function cosigned(lines: readonly NoteSignature[]): Answer {
  return { status: 200, type: TEXT, body: formatSignatures(lines) };
}

function refusal({ code, message, size }: WitnessRefusal): Answer {
  const status = statusOf(code);
  if (size !== undefined) return { status, type: SIZE, body: formatWitnessedSize(size) };
  return { status, type: TEXT, body: `${code}: ${message}\n` };
}

function overtaken(head: StoredHead | undefined): WitnessRefusal {
  const message = 'another request was first';
  return { code: 'witness.other_size', message, size: head?.size ?? 0 };
}
