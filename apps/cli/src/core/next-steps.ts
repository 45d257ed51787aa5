import { visible } from './visible.ts';

/** What to run after `init`. */
export function readyToStart(policy: string | undefined): string[] {
  const start = 'next: ioi up --detach';
  if (policy === undefined) return [start];
  return [start, `then: ioi policy activate ${visible(quoted(policy))}`];
}

/** A word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
