/** Open arrays and objects at once; also what stops a cyclic value. */
export const DEFAULT_MAX_DEPTH = 128;

/** 16 MiB: larger payloads travel as content addresses, never inline. */
export const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

// From here on ECMAScript prints a number with an exponent, so it no longer claims to be an
// exact integer; between 2^53 and here it would print digits that a reader cannot trust.
const EXPONENT_FROM = 1e21;

/** RFC 7493 2.2: a number that would print as an integer beyond plus or minus 2^53-1. */
export function isUnsafeInteger(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude > Number.MAX_SAFE_INTEGER && magnitude < EXPONENT_FROM;
}
