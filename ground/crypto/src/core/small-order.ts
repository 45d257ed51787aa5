import { decodeHex } from '@ioi/basis';

// Every encoding of the eight points whose multiples are all among themselves, sign bit cleared.
// Under such a key one signature holds for many messages; some libraries take them, some do not.
const ENCODINGS = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => decodeHex(hex) ?? new Uint8Array());

/** Whether an encoded point, a public key or what a signature begins with, is such a one. */
export function isSmallOrder(encoded: Uint8Array): boolean {
  return ENCODINGS.some((encoding) =>
    encoding.every((byte, at) => {
      const mask = at === encoding.length - 1 ? 0x7f : 0xff;
      return byte === ((encoded[at] ?? 0) & mask);
    }),
  );
}
