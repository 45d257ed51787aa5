import { DAY_MS } from './retention.ts';

export type Disk = { readonly freeBytes: number; readonly totalBytes: number };

const GIB = 1024 ** 3;
const LEAST_FREE = 2 * GIB;
const LEAST_SHARE = 0.1;
/** A tenth of a large volume is plenty. */
const PLENTY = 50 * GIB;
const LEAST_DAYS = 7;

/** Bytes a day, from what was written since; a first hour says little of a day. */
export function growthPerDay(bytes: number, sinceMs: number): number {
  return Math.round((bytes * DAY_MS) / Math.max(sinceMs, DAY_MS));
}

/** Days until the volume is full at this rate; undefined when it does not grow. */
export function daysLeft({ freeBytes }: Disk, bytesPerDay: number): number | undefined {
  return bytesPerDay > 0 ? Math.floor(freeBytes / bytesPerDay) : undefined;
}

/** Why a person should make room, long before a full disk stops every agent. */
export function headroomWarning(disk: Disk, bytesPerDay: number): string | undefined {
  const { freeBytes, totalBytes } = disk;
  if (freeBytes < LEAST_FREE) return `less than ${LEAST_FREE / GIB} GiB are free`;
  const isScarce = freeBytes < totalBytes * LEAST_SHARE && freeBytes < PLENTY;
  if (isScarce) return `less than ${LEAST_SHARE * 100} % of the volume is free`;
  const days = daysLeft(disk, bytesPerDay);
  if (days === undefined || days >= LEAST_DAYS) return undefined;
  return `at this rate the volume is full in ${days} days`;
}
