import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '@ioi/basis';
import { formatNoteKey, type NoteKey, noteKeysOf } from '@ioi/crypto';
import { keys, type NodeHead } from '@ioi/law';
import type { Rejection } from '@ioi/protocol';
import type { DomainHandle } from '../domains/domains.ts';
import { sizeOf } from '../export.ts';
import type { HeadReader } from '../head-reader.ts';
import type { Latest } from '../latest.ts';
import type { Writer } from '../writer.ts';
import { NODE_DOMAIN } from '../writer-messages.ts';
import type { Contradiction } from './ask-witness.ts';
import { reportFault } from './report-fault.ts';
import { covers, type WitnessTarget } from './witness-config.ts';
import { WitnessMemory } from './witness-memory.ts';
import { offerOf, Witnessing } from './witnessing.ts';

export type WitnessesOptions = {
  readonly targets: readonly WitnessTarget[];
  readonly writer: Writer;
  readonly log: (message: string, about: object) => void;
};

/** How long a required witness may be away before a log is given up. */
const PATIENCE_MS = 10_000;
const BETWEEN_TRIES_MS = 500;

/**
 * The witnesses of a node. To them every domain is a log of its own, so each that is open here
 * has its own growth to prove and its own memory of who saw how much.
 */
export class Witnesses {
  readonly #options: WitnessesOptions;
  readonly #admitted = new Map<string, Witnessing>();
  #onContradiction = (_domainId: string, _rejection: Rejection): void => {};

  constructor(options: WitnessesOptions) {
    this.#options = options;
  }

  /** Told of a log that was admitted and contradicts a witness now: nothing may be done in it. */
  takeContradictions(taker: (domainId: string, rejection: Rejection) => void): void {
    this.#onContradiction = taker;
  }

  of(domainId: string): Witnessing | undefined {
    return this.#admitted.get(domainId);
  }

  /** A newer checkpoint of a log that was admitted; returns at once. */
  offer(domainId: string, note: string): void {
    this.#admitted.get(domainId)?.offer(note);
  }

  /**
   * Has what is sealed of a log cosigned before anything can be done in it. A witness that
   * cosigned more of it, or something else, says that an older copy was put in place or that
   * another node runs under the same keys: rejects with `log.rolled_back` or `log.forked`. A
   * required witness that is away rejects with `witness.required`; any other is a warning.
   */
  async admit(handle: DomainHandle): Promise<Result<Witnessing, Rejection>> {
    const { log } = this.#options;
    let found: Rejection | undefined;
    let onContradiction = (rejection: Rejection): void => {
      found = rejection;
    };
    const witnessing = this.#witnessing(handle, (rejection) => onContradiction(rejection));
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      await witnessing.round(handle.latest.note);
      if (found !== undefined) return err(found);
      const missing = witnessing.status().filter(({ state }) => state !== 'cosigned');
      const needed = missing.find(({ required }) => required);
      if (needed === undefined) {
        const domain = handle.domainId;
        for (const { name, code, detail } of missing) {
          log('not witnessed', { domain, name, code, detail });
        }
        onContradiction = (rejection) => this.#onContradiction(handle.domainId, rejection);
        this.#admitted.set(handle.domainId, witnessing);
        return ok(witnessing);
      }
      if (performance.now() > until) {
        const reason = `${needed.name}: ${needed.code}: ${needed.detail}`;
        const message = `nothing is done in ${handle.domainId} without its witness; ${reason}`;
        return err({ code: 'witness.required', message });
      }
      await sleep(BETWEEN_TRIES_MS);
    }
  }

  #witnessing(handle: DomainHandle, onFound: (rejection: Rejection) => void): Witnessing {
    const { targets, writer } = this.#options;
    const { domainId, slot, reader } = handle;
    const [ed25519, mlDsa44] = keysOf(reader);
    return new Witnessing({
      targets: targets.filter((target) => slot === NODE_DOMAIN || covers(target, domainId)),
      log: { source: reader, keys: [ed25519, mlDsa44], verifierKey: formatNoteKey(ed25519) },
      memory: new WitnessMemory(join(reader.folder, 'witnessed.json')),
      onWitnessed: ({ note, size }) => writer.saveCheckpoint(slot, size, note),
      onContradiction: (contradiction) => onFound(this.#report(handle, contradiction)),
    });
  }

  #report(handle: DomainHandle, contradiction: Contradiction): Rejection {
    const { domainId, reader, latest } = handle;
    const about = { folder: reader.folder, domainId, reader };
    const path = reportFault(about, contradiction, offerOf(heldNote(latest, contradiction)));
    const { code, message } = contradiction;
    this.#options.log('fault', { domain: domainId, code, fault_proof: path ?? 'none' });
    return { code, message };
  }
}

/**
 * What is held against what a witness shows: with both signatures where they are there and cover
 * as much, since a fork is only shown to everybody by both.
 */
function heldNote({ note, cosigned }: Latest, { shown }: Contradiction): string {
  const needed = Math.min(shown?.checkpoint.size ?? Number.POSITIVE_INFINITY, sizeOf(note));
  return sizeOf(cosigned) >= needed ? cosigned : note;
}

/** The keys of a log's checkpoints: of whoever seals now. */
function keysOf(reader: HeadReader): readonly [NoteKey, NoteKey] {
  const node = reader.get<NodeHead>(keys.node);
  if (node === undefined) throw new Error('the log has no genesis');
  const pair = noteKeysOf(node.guardian_key, node.origin);
  if (!pair.ok) throw new Error(pair.error.message);
  return [pair.value.ed25519, pair.value.mlDsa44];
}
