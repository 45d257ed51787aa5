import { setTimeout as sleep } from 'node:timers/promises';
import {
  formatNoteKey,
  formatSignatures,
  type NoteSignature,
  parseCheckpoint,
  parseNote,
} from '@ioi/crypto';
import type { Frontier } from '@ioi/merkle';
import type { WitnessStatus } from '@ioi/protocol';
import {
  askWitness,
  type Contradiction,
  type Offer,
  type Outcome,
  type WitnessedLog,
} from './ask-witness.ts';
import type { WitnessTarget } from './witness-config.ts';
import type { WitnessMemory } from './witness-memory.ts';

/** A checkpoint with the lines of every witness that cosigned it. */
export type WitnessedNote = { readonly note: string; readonly size: number };

export type WitnessingOptions = {
  readonly targets: readonly WitnessTarget[];
  readonly log: WitnessedLog;
  readonly memory: WitnessMemory;
  readonly onWitnessed: (witnessed: WitnessedNote) => void;
  /** The log was rolled back or forked: nothing may be done any more. */
  readonly onContradiction: (contradiction: Contradiction) => void;
};

const BETWEEN_ROUNDS_MS = 1_000;
/** How long until a witness that did not cosign is asked again when nothing new is sealed. */
const AGAIN_MS = 15_000;

/**
 * Keeps witnesses up with the log, off the way of every call: at most one round a second, with
 * the newest checkpoint. A witness that is away changes nothing but what `status` says.
 */
export class Witnessing {
  readonly #options: WitnessingOptions;
  readonly #statuses = new Map<string, WitnessStatus>();
  /** Of this machine's clock, since a witness says its own. */
  readonly #cosignedAt = new Map<string, number>();
  #witnessed: WitnessedNote | undefined;
  #newest: string | undefined;
  /** Entries of the checkpoint that was offered last: notices may come late. */
  #largest = 0;
  #isRunning = false;
  /** A witness was contradicted: there is nothing more to ask. */
  #hasEnded = false;
  #again: NodeJS.Timeout | undefined;

  constructor(options: WitnessingOptions) {
    this.#options = options;
    for (const { name, required } of options.targets) {
      this.#statuses.set(name, { name, required, state: 'not_asked', size: 0 });
    }
  }

  status(): WitnessStatus[] {
    return [...this.#statuses.values()];
  }

  /** Milliseconds since a witness cosigned last, by name; of those that did since the start. */
  ages(): ReadonlyMap<string, number> {
    const now = performance.now();
    return new Map([...this.#cosignedAt].map(([name, at]) => [name, now - at]));
  }

  /** C2SP verifier key of the log's checkpoints. */
  get logKey(): string {
    return this.#options.log.verifierKey;
  }

  /** The newest checkpoint that a witness cosigned. */
  get witnessed(): WitnessedNote | undefined {
    return this.#witnessed;
  }

  /** A checkpoint to be cosigned soon, unless a larger one was; returns at once. */
  offer(note: string): void {
    if (this.#hasEnded || offerOf(note).checkpoint.size < this.#largest) return;
    this.#newest = note;
    if (!this.#isRunning && this.#options.targets.length > 0) void this.#run();
  }

  /** Asks all witnesses about one checkpoint, and waits for their answers. */
  async round(note: string): Promise<void> {
    const { targets, log, memory, onContradiction } = this.#options;
    const offer = offerOf(note);
    this.#largest = offer.checkpoint.size;
    const outcomes = await Promise.all(
      targets.map(async (target) => {
        const outcome = await askWitness(
          target,
          { log, offer },
          memory.get(this.#memoryKey(target)),
        );
        return { target, outcome };
      }),
    );
    for (const { target, outcome } of outcomes) this.#note(target, outcome, offer);
    for (const { outcome } of outcomes) {
      if (outcome.kind !== 'contradicted') continue;
      this.#hasEnded = true;
      return onContradiction(outcome.contradiction);
    }
    await this.#keep(outcomes, offer);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    clearTimeout(this.#again);
    while (this.#newest !== undefined) {
      const note = this.#newest;
      this.#newest = undefined;
      await this.round(note);
      await sleep(BETWEEN_ROUNDS_MS, undefined, { ref: false });
      this.#askAgain(note);
    }
    this.#isRunning = false;
  }

  #askAgain(note: string): void {
    clearTimeout(this.#again);
    if (this.status().every(({ state }) => state === 'cosigned')) return;
    this.#again = setTimeout(() => this.offer(this.#newest ?? note), AGAIN_MS).unref();
  }

  #note({ name, required }: WitnessTarget, outcome: Outcome, { checkpoint }: Offer): void {
    const { size = 0, seen: before } = this.#statuses.get(name) ?? {};
    const about = { name, required };
    if (outcome.kind === 'cosigned') {
      this.#cosignedAt.set(name, performance.now());
      const seen = new Date(Number(outcome.timestamp) * 1000).toISOString();
      this.#statuses.set(name, { ...about, state: 'cosigned', size: checkpoint.size, seen });
    } else if (outcome.kind === 'not_cosigned') {
      const { code, message } = outcome;
      const last = before === undefined ? { size } : { size, seen: before };
      const why = { code, detail: message };
      this.#statuses.set(name, { ...about, state: 'not_cosigned', ...last, ...why });
    }
  }

  async #keep(
    outcomes: readonly { target: WitnessTarget; outcome: Outcome }[],
    offer: Offer,
  ): Promise<void> {
    const lines: NoteSignature[] = [];
    const frontiers = new Map<string, Frontier>();
    for (const { target, outcome } of outcomes) {
      if (outcome.kind !== 'cosigned') continue;
      lines.push(...outcome.lines);
      frontiers.set(this.#memoryKey(target), outcome.frontier);
    }
    if (lines.length === 0) return;
    const note = `${offer.note}${formatSignatures(lines)}`;
    this.#witnessed = { note, size: offer.checkpoint.size };
    this.#options.onWitnessed(this.#witnessed);
    await this.#options.memory.keep(frontiers);
  }

  /** A witness knows each epoch as a log of its own: what it saw of one says nothing of another. */
  #memoryKey({ keys: [key] }: WitnessTarget): string {
    const { verifierKey } = this.#options.log;
    return key === undefined ? '' : `${formatNoteKey(key)} ${verifierKey}`;
  }
}

/** A note of the guardian's own. */
export function offerOf(note: string): Offer {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!parsed.ok || !checkpoint.ok) throw new Error('the guardian signed no checkpoint');
  return { note, text: parsed.value.text, checkpoint: checkpoint.value };
}
