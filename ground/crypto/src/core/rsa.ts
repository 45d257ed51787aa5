/** What providers of identities sign with; small keys and odd lengths verify nothing. */
export function isRsaModulus(modulus: Uint8Array): boolean {
  const isLong = modulus.length >= 256 && modulus.length <= 512;
  return isLong && (modulus[0] ?? 0) >= 0x80 && ((modulus.at(-1) ?? 0) & 1) === 1;
}

/** Below the modulus: otherwise one message would have more than one signature. */
export function isRsaSignature(signature: Uint8Array, modulus: Uint8Array): boolean {
  if (signature.length !== modulus.length) return false;
  const at = signature.findIndex((byte, place) => byte !== modulus[place]);
  return at >= 0 && (signature[at] ?? 0) < (modulus[at] ?? 0);
}
