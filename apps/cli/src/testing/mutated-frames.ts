import type { SeededRandom } from '@ioi/basis';

const TEXTS: readonly string[] = [
  '\0SELECT 1\0\0\0',
  'a\0SELECT $1::int\0\0\0',
  '\0\0\0\0\0\0\0\0',
  '\0a\0\0\0\0\x01\0\0\0\x011\0\0',
  'S\0',
  'Sa\0',
  'P\0',
  '\0\0\0\0\0',
  'p\0\0\0\0\x02',
  'SELECT 1; SELECT 2\0',
  'BEGIN\0',
  'SET timezone = UTC\0',
  'DEALLOCATE ALL\0',
  'COPY (SELECT 1) TO STDOUT\0',
  '',
];
const TYPES = 'PBDECHSQFdcfp';

/** A message that is almost one: its bytes, its length or its end are wrong, or its place. */
export function mutatedFrame(random: SeededRandom): Buffer {
  const type = TYPES[random.below(TYPES.length)] ?? 'Q';
  const body = Buffer.from(TEXTS[random.below(TEXTS.length)] ?? '', 'latin1');
  const frame = Buffer.concat([Buffer.from(`${type}\0\0\0\0`), body]);
  frame.writeInt32BE(body.length + 4, 1);
  const kind = random.below(8);
  if (kind === 0) frame[random.below(frame.length)] = random.below(256);
  if (kind === 1) frame.writeInt32BE(random.next() | 0, 1);
  if (kind === 2) return frame.subarray(0, random.below(frame.length));
  if (kind === 3) frame.fill(random.below(256), 5);
  return frame;
}
