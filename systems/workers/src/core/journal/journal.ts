import { err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import type { Rejection, StepAnswer, WorkerStep } from '@ioi/protocol';

/**
 * What is on record of a step. `pending`: it waits for a person, or is under way. `undone`: it is
 * known that nothing happened, and the worker was never told so: it may be done. `lost`: what it
 * was told is not kept.
 */
export type Recorded =
  | { readonly kind: 'answered'; readonly answer: StepAnswer }
  | { readonly kind: 'pending' | 'undone' | 'lost' };

export type StepRecord = { readonly tag: string; readonly recorded: Recorded };

/** What to do with a step that a worker asks for. */
export type Taken =
  /** `join`: what it asked for is under way already. */
  { readonly kind: 'ask' | 'join' } | { readonly kind: 'tell'; readonly answer: StepAnswer };

/**
 * Durable execution by replay (whitepaper 2.4, DBIS-4): what was answered once is answered again
 * from the record, and only to the same step. What may have happened is never asked for again.
 */
export function takeStep(
  record: StepRecord | undefined,
  step: WorkerStep,
  tag: string,
): Result<Taken, Rejection> {
  if (record === undefined) return ok({ kind: 'ask' });
  if (record.tag !== tag) {
    const message = `step ${step.index}, ${step.target}, is not what it was the first time`;
    return err({ code: 'run.not_replayable', message });
  }
  const { recorded } = record;
  if (recorded.kind === 'answered') return ok({ kind: 'tell', answer: recorded.answer });
  if (recorded.kind === 'pending') return ok({ kind: 'join' });
  if (recorded.kind === 'undone') return ok({ kind: 'ask' });
  const message = `what step ${step.index}, ${step.target}, was told is not kept any more`;
  return err({ code: 'run.record_lost', message });
}

/** Over target and parameters; refused where they have no canonical form. */
export function stepHash({ target, params }: WorkerStep): Result<Digest, Rejection> {
  const hash = digestOf({ target, params });
  if (hash.ok) return hash;
  return err({ code: 'canon.refused', message: hash.error.message });
}

/** Steps and attempts that a nonce has room for. */
export const MOST_STEPS = 1024;
export const MOST_ATTEMPTS = 64;
const TAG_DIGITS = 12;
const TAG_BITS = 48n;
const HALF = 1n << 47n;

/** The part of a step's hash that the nonce of its act carries: 47 bits. */
export function tagOf(hash: Digest): string {
  const bits = BigInt(`0x${hash.slice('sha256:'.length, 'sha256:'.length + TAG_DIGITS)}`) % HALF;
  return bits.toString(16);
}

export type StepPlace = { readonly index: number; readonly attempt: number; readonly tag: string };

/**
 * The nonce of the act of a step says which step it is, so that the journal stands in the log and
 * nowhere else. The highest bit is left to requests that people edited.
 */
export function nonceOf({ index, attempt, tag }: StepPlace): string {
  const place = BigInt(attempt * MOST_STEPS + index);
  return String((BigInt(`0x${tag}`) << (64n - TAG_BITS)) | place);
}

export function placeOf(nonce: string): StepPlace {
  const value = BigInt(nonce);
  const place = Number(value & ((1n << (64n - TAG_BITS)) - 1n));
  return {
    index: place % MOST_STEPS,
    attempt: Math.floor(place / MOST_STEPS),
    tag: (value >> (64n - TAG_BITS)).toString(16),
  };
}
