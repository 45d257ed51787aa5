import { assert } from './assert.ts';
import { err, ok, type Result } from './result.ts';

const LIMIT = 1n << 64n;
const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;

/** In order of precedence: text that is no number is `malformed` before it is out of range. */
export type Uint64Error = {
  readonly code: 'uint64.malformed' | 'uint64.out_of_range';
  readonly message: string;
};

/** Reads a decimal string: digits only, no sign, no leading zero, below 2^64. */
export function parseUint64(text: string): Result<bigint, Uint64Error> {
  if (!DECIMAL.test(text)) {
    const isLong = /^[1-9][0-9]*$/.test(text);
    return isLong ? err(outOfRange()) : err(malformed());
  }
  const value = BigInt(text);
  return value < LIMIT ? ok(value) : err(outOfRange());
}

/** Writes the one decimal string that `parseUint64` reads back. */
export function formatUint64(value: bigint): string {
  assert(value >= 0n && value < LIMIT, 'a uint64 lies in 0..2^64-1');
  return value.toString();
}

function malformed(): Uint64Error {
  return { code: 'uint64.malformed', message: 'expected a decimal number without leading zeros' };
}

function outOfRange(): Uint64Error {
  return { code: 'uint64.out_of_range', message: 'expected a number below 2^64' };
}
