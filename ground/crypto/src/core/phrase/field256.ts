/** In the field of 256 elements modulo x^8 + x^4 + x^3 + x + 1; no table, no branch on data. */
export function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = a;
  for (let bit = 0; bit < 8; bit += 1) {
    product ^= shifted & -((b >> bit) & 1);
    shifted = ((shifted << 1) ^ (0x11b & -(shifted >> 7))) & 0x1ff;
  }
  return product & 0xff;
}

/** What times `a` is one: a^254. */
export function inverse(a: number): number {
  let power = a;
  let result = 1;
  for (let bit = 1; bit < 8; bit += 1) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}

/** Bytes that stand at one place of the polynomials, one for each byte. */
export type Point = { readonly x: number; readonly value: Uint8Array };

/** What stands at `x`, of the polynomials through these points, which are at different places. */
export function interpolate(points: readonly Point[], x: number): Uint8Array {
  const found = new Uint8Array(points[0]?.value.length ?? 0);
  for (const point of points) {
    let factor = 1;
    for (const other of points) {
      if (other === point) continue;
      factor = multiply(factor, multiply(x ^ other.x, inverse(point.x ^ other.x)));
    }
    for (const [at, byte] of point.value.entries())
      found[at] = (found[at] ?? 0) ^ multiply(byte, factor);
  }
  return found;
}
