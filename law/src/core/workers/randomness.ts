import type { Digest } from '@ioi/canon';
import type { EndWorkerRun, Rejection } from '@ioi/protocol';
import type { WorkerRunHead } from './heads.ts';
import { hashOf } from './markers.ts';

/** What chance of a run is drawn from: 32 bytes in hex, known to the node alone until its end. */
export type RunSeed = { readonly run_id: string; readonly seed: string };

const BLOCK_BYTES = 32;
const ABOUT = 'sha256:'.length;

/**
 * `seed_commit = H(seed || run_id)` (whitepaper 8.1.1), as the digest of an object that says what
 * it is for: so no other use of the same seed has the same hash.
 */
export function seedCommitOf({ run_id, seed }: RunSeed): Digest {
  return hashOf({ derives: 'ioi/run-seed/1', run_id, seed });
}

/** What a step that asks for chance is told: the same whenever it asks, another for each step. */
export function randomBytesOf({ run_id, seed }: RunSeed, index: number, count: number) {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += BLOCK_BYTES) {
    const block = at / BLOCK_BYTES;
    const hex = hashOf({ derives: 'ioi/run-random/1', run_id, seed, index, block }).slice(ABOUT);
    for (let each = 0; each < Math.min(BLOCK_BYTES, count - at); each += 1) {
      bytes[at + each] = Number.parseInt(hex.slice(2 * each, 2 * each + 2), 16);
    }
  }
  return bytes;
}

/** What `Math.random` of a guest starts from; nobody finds the seed of the run from it. */
export function guestSeedOf({ run_id, seed }: RunSeed): string {
  return hashOf({ derives: 'ioi/run-guest-random/1', run_id, seed }).slice(ABOUT);
}

/** What was committed is what is revealed; a run is not completed without that. */
export function gateOfSeed({ run }: WorkerRunHead, ending: EndWorkerRun): Rejection | undefined {
  const { run_id, seed_commit } = run;
  const { seed, state } = ending;
  if (seed === undefined) {
    if (seed_commit === undefined || state !== 'completed') return undefined;
    return { code: 'run.seed_not_revealed', message: 'its end does not say its seed' };
  }
  if (seed_commit === seedCommitOf({ run_id, seed })) return undefined;
  return { code: 'run.seed_wrong', message: 'its seed is not the one that was committed' };
}
