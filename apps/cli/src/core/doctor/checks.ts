import type { DataOverview } from '@ioi/protocol';
import { sizeText } from '../size-text.ts';

/** One line of `ioi doctor`; texts are not yet safe to print. */
export type Check = {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly about: string;
  readonly next?: string;
  /** By which scripts know what is wrong. */
  readonly code?: string;
};

const CLOCK_SLACK_MS = 60_000;
const DAY_MS = 86_400_000;
const LITTLE_ROOM = 1024 ** 3;
const NO_ROOM = 64 * 1024 ** 2;
/** Of what may wait for a bucket. */
const NEARLY_FULL = 0.9;
/** Anything for the group or for others. */
const OF_OTHERS = 0o077;

/** Chain Time goes on with the clock and never back: a clock behind it was put back. */
export function clockCheck(chainTime: number, now: number): Check {
  const name = 'clock';
  const code = 'clock.behind';
  const behind = chainTime - now;
  if (behind <= CLOCK_SLACK_MS) return { name, state: 'ok', about: 'not behind Chain Time' };
  const span = behind < DAY_MS ? `${Math.round(behind / 1000)} s` : `${wholeDays(behind)} days`;
  const about = `this machine's clock is ${span} behind Chain Time, which never goes back`;
  if (behind < DAY_MS) {
    return { name, state: 'warn', code, about, next: 'set the clock of this machine' };
  }
  const next = 'date -u; where it is right, it was ahead once: docs/guides/doctor.md';
  return { name, state: 'warn', code, about, next };
}

function wholeDays(span: number): number {
  return Math.floor(span / DAY_MS);
}

/** `free` in bytes. */
export function roomCheck(free: number, warning: string | undefined): Check {
  const name = 'disk';
  const about = warning ?? `${sizeText(free)} free`;
  if (free < NO_ROOM) return { name, state: 'fail', about, next: 'ioi data show' };
  if (free < LITTLE_ROOM || warning !== undefined) {
    return { name, state: 'warn', about, next: 'ioi data show' };
  }
  return { name, state: 'ok', about };
}

/** Contents that do not get to their bucket wait here, and there is an end to how many may. */
export function bucketCheck(bucket: NonNullable<DataOverview['bucket']>): Check {
  const name = 'bucket';
  const { place, moving, stored, waiting, spool_bytes: most, trouble } = bucket;
  const next = 'ioi data show';
  if (most > 0 && waiting.bytes > most * NEARLY_FULL) {
    const of = `${sizeText(waiting.bytes)} of ${sizeText(most)} wait to be written to ${place}`;
    return { name, state: 'fail', about: trouble ? `${of}: ${trouble.code}` : of, next };
  }
  if (trouble) return { name, state: 'warn', about: `${trouble.code}: ${trouble.message}`, next };
  const rest = moving === 'home' ? 'which come back' : `${waiting.count} waiting`;
  return { name, state: 'ok', about: `${place}: ${stored.count} contents, ${rest}` };
}

/** Contents that were asked for and are not what was put: whoever needs them ends by a name. */
export function contentsCheck(damaged: readonly string[]): Check {
  const name = 'contents';
  const [first = '', second] = damaged;
  if (first === '') return { name, state: 'ok', about: 'all that were asked for open' };
  const [verb, others] = second ? ['do', ` (and ${damaged.length - 1} more)`] : ['does', ''];
  const about = `${first}${others} ${verb} not open: what is kept of it is damaged`;
  const next = 'see what it is with: ioi search ID; then restore a backup, or ioi data forget ID';
  return { name, state: 'fail', code: 'contents.damaged', about, next };
}

/** A file or folder, and the bits of its mode. */
export type Entered = { readonly path: string; readonly mode: number };

export function modesCheck(found: readonly Entered[]): Check {
  const name = 'modes';
  const open = found.filter(({ mode }) => (mode & OF_OTHERS) !== 0);
  const [first] = open;
  if (first === undefined) {
    return { name, state: 'ok', about: 'folders and sockets are for your account alone' };
  }
  const about = `others may enter ${open.map(({ path }) => path).join(', ')}`;
  return { name, state: 'fail', about, next: `chmod go= ${first.path}` };
}

/** How it stands as a whole: as its worst line. */
export function worstOf(checks: readonly Check[]): Check['state'] {
  if (checks.some(({ state }) => state === 'fail')) return 'fail';
  return checks.some(({ state }) => state === 'warn') ? 'warn' : 'ok';
}
