import { crc32 } from 'node:zlib';

/**
 * Stands beside what a row says, so that a disk that changed it is found out: SQLite itself keeps
 * no checksum of its pages. Against chance alone; whoever writes the file can write this as well.
 */
export function rowCheck(...parts: readonly (string | number)[]): number {
  // That of the parts one after another, in one call instead of one for each.
  return crc32(parts.join(''));
}
