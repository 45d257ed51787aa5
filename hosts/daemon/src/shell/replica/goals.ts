import type { Told } from '@ioi/agentgres/postgres';
import type { NoteKey } from '@ioi/crypto';
import { verifyWitnessed } from '@ioi/verifier';
import type { Goal } from './followed-log.ts';
import { checkpointOf, withoutWitnesses } from './held-notes.ts';

/** Notes that a store kept of a log, the largest first. */
export type KeptNotes = {
  checkpoints(domain: string, atLeast: number, most: number): Promise<string[]>;
};

export type GoalOptions = {
  readonly told: Told;
  /** Entries that are verified, and of them those under both signatures. */
  readonly size: number;
  readonly wholeSize: number;
  readonly witnesses: readonly NoteKey[];
};

const LOOKED_AT = 8;

/**
 * What a log is followed to next: the newest note with both signatures, under which proofs can be
 * given at once, or what was told last where there is none that is newer. Where witnesses are asked
 * for, the newest that they cosigned, and nothing beyond. Undefined when there is nothing new.
 */
export async function goalFor(
  { told, size, wholeSize, witnesses }: GoalOptions,
  source: KeptNotes,
): Promise<Goal | undefined> {
  if (told.size < size) return { note: told.note, isWhole: false };
  const isAsked = witnesses.length > 0;
  const isNew = wholeSize < told.size;
  const notes = isNew ? await source.checkpoints(told.domain, Math.max(size, 1), LOOKED_AT) : [];
  for (const note of notes) {
    const kept = checkpointOf(note).size;
    // What is kept of more entries than were told is of a moment later.
    if (kept > told.size || kept <= wholeSize) continue;
    if (isAsked && !isWitnessed(note, witnesses)) continue;
    return { note: withoutWitnesses(note), isWhole: true };
  }
  // Of as many entries it is held against what is here, and brings nothing.
  return isAsked && told.size > size ? undefined : { note: told.note, isWhole: false };
}

/** By each of the names; a name counts with every key that it has. */
function isWitnessed(note: string, witnesses: readonly NoteKey[]): boolean {
  const needed = new Set(witnesses.map(({ name }) => name)).size;
  return verifyWitnessed(note, { witnesses, needed }).ok;
}
