/** Half the order of P-256, big-endian: of `s` and `n - s` the lower one is not above it. */
const HALF_ORDER = BigInt('0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8');
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** Whether a plain P-256 signature is the one of both that counts here. */
export function isLowS(signature: Uint8Array): boolean {
  return scalar(signature.subarray(32)) <= HALF_ORDER;
}

/** The same signature with the lower `s`. */
export function withLowS(signature: Uint8Array): Uint8Array {
  const response = scalar(signature.subarray(32));
  if (response <= HALF_ORDER || response >= ORDER) return signature;
  const low = signature.slice();
  let rest = ORDER - response;
  for (let at = 63; at >= 32; at -= 1) {
    low[at] = Number(rest & 255n);
    rest >>= 8n;
  }
  return low;
}

function scalar(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}
