import { encodeUtf8 } from '@ioi/basis';
import {
  type HybridPublicKey,
  type NoteKey,
  noteKeysOf,
  parseCheckpoint,
  parseNote,
} from '@ioi/crypto';
import { consistencyProof, formatAddCheckpoint, leafHash, nodesFromLeaves } from '@ioi/merkle';
import { type KnownLog, readSubmission, type WitnessedHead, witness } from '@ioi/witness';
import type { Chance } from '../chance.ts';

/** What a member asks to have cosigned: a note, and the log that it is over. */
export type Shown = {
  readonly note: string;
  readonly key: HybridPublicKey;
  readonly texts: readonly string[];
};

export type Cosigned = WitnessedHead & { readonly origin: string };

type Said = { readonly kind: 'cosigned' } | { readonly kind: 'refused'; readonly code: string };

/** Codes by which a witness says that two logs have one name. */
const CONTRADICTIONS = ['witness.other_root', 'witness.inconsistent'];

/** A witness as it ships, over a memory that may be set back; it may be away. */
export class SimWitness {
  readonly name: string;
  isAway = false;
  /** Whatever it ever signed, also before it was set back. */
  readonly signed: Cosigned[] = [];
  #logs = new Map<string, KnownLog>();
  readonly #before: Map<string, KnownLog>[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Cosigns from wherever it came; throws where it is away. */
  ask({ note, key, texts }: Shown): Said {
    if (this.isAway) throw new Error(`${this.name} is away`);
    const checkpoint = checkpointIn(note);
    const { origin, size, root } = checkpoint;
    const known = this.#logs.get(origin) ?? { keys: [keyOf(key, origin)], held: undefined };
    const oldSize = known.held?.size ?? 0;
    // Another message overtook this one: what it says was said before.
    if (oldSize > size) return { kind: 'refused', code: 'witness.other_size' };
    const body = formatAddCheckpoint({
      oldSize,
      proof: proofOf(texts, oldSize, size),
      checkpoint: note,
    });
    const submission = readSubmission(body);
    if (!submission.ok) return { kind: 'refused', code: submission.error.code };
    const accepted = witness(known, submission.value);
    if (!accepted.ok) return { kind: 'refused', code: accepted.error.code };
    this.#before.push(this.#logs);
    this.#logs = new Map(this.#logs).set(origin, { ...known, held: { size, root } });
    this.signed.push({ origin, size, root });
    return { kind: 'cosigned' };
  }

  /** Its disk is an older copy of itself. */
  setBack(chance: Chance): void {
    if (this.#before.length > 0) this.#logs = chance.pick(this.#before);
  }
}

export function isContradiction(said: Said): boolean {
  return said.kind === 'refused' && CONTRADICTIONS.includes(said.code);
}

function checkpointIn(note: string) {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok) throw new Error(checkpoint.error.message);
  return checkpoint.value;
}

function keyOf(key: HybridPublicKey, origin: string): NoteKey {
  const keys = noteKeysOf(key, origin);
  if (!keys.ok) throw new Error(keys.error.message);
  return keys.value.ed25519;
}

function proofOf(texts: readonly string[], from: number, to: number): readonly Uint8Array[] {
  if (from === 0 || from === to) return [];
  const nodeAt = nodesFromLeaves((at) => leafHash(encodeUtf8(texts[at] ?? '')));
  return consistencyProof(nodeAt, from, to);
}
