import { readFileSync } from 'node:fs';

/**
 * Differs after every start of the machine; undefined where nobody says so. What was written
 * without waiting for the disk is whole as long as this stays the same.
 */
export function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
