import { encodeHex, encodeUtf8 } from '@ioi/basis';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';

/** The address of a private key of secp256k1, 32 bytes, as EIP-55 writes it. */
export function evmAddressOf(privateKey: Uint8Array): string {
  const publicKey = secp256k1.getPublicKey(privateKey, false).subarray(1);
  const digits = encodeHex(keccak_256(publicKey).subarray(12));
  const sum = encodeHex(keccak_256(encodeUtf8(digits)));
  const letters = [...digits].map((digit, at) =>
    Number.parseInt(sum[at] as string, 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${letters.join('')}`;
}
