import { decodeHex, encodeHex, err, ok, type Result } from '@ioi/basis';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';

/** An EIP-1559 transaction, unsigned. */
export type Transaction = {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly gas: bigint;
  /** 20 bytes. */
  readonly to: Uint8Array;
  readonly value: bigint;
  readonly data: Uint8Array;
};

export type SignedTransaction = {
  readonly raw: string;
  readonly hash: string;
  readonly from: string;
};

/** As a TxIntent says them; `nonce` is filled in by then. */
export type Intent = {
  readonly chain_id: string;
  readonly to: string;
  readonly value: string;
  readonly data: string;
  readonly limits: {
    readonly gas: string;
    readonly max_fee_per_gas: string;
    readonly max_priority_fee_per_gas: string;
  };
};

type Wrong = { readonly code: string; readonly message: string };
type Item = Uint8Array | readonly Item[];

const TYPE = 0x02;
const MAX_256 = 2n ** 256n - 1n;

/** Signs with a key of 64 digits of hex; deterministic (RFC 6979), low s (EIP-2). */
export function signTransaction(transaction: Transaction, key: string): SignedTransaction {
  const secret = decodeHex(key) as Uint8Array;
  const fields = fieldsOf(transaction);
  const digest = keccak_256(typed(fields));
  const signature = secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' });
  const parity = BigInt(signature[0] as number);
  const r = bigOf(signature.subarray(1, 33));
  const s = bigOf(signature.subarray(33, 65));
  const raw = typed([...fields, number(parity), number(r), number(s)]);
  return {
    raw: `0x${encodeHex(raw)}`,
    hash: `0x${encodeHex(keccak_256(raw))}`,
    from: addressOf(key),
  };
}

/** In lower case. */
export function addressOf(key: string): string {
  const point = secp256k1.getPublicKey(decodeHex(key) as Uint8Array, false);
  return `0x${encodeHex(keccak_256(point.subarray(1)).subarray(12))}`;
}

/** The transaction an intent asks for; refused where a number of it is too large to be one. */
export function transactionOf(intent: Intent, nonce: string): Result<Transaction, Wrong> {
  const { limits } = intent;
  const to = decodeHex(intent.to.slice(2));
  const data = decodeHex(intent.data.slice(2));
  const fees = [limits.max_fee_per_gas, limits.max_priority_fee_per_gas].map(BigInt);
  const [fee = 0n, tip = 0n] = fees;
  const value = BigInt(intent.value);
  if (to?.length !== 20 || data === undefined) return wrong('its address or data are none');
  if (value > MAX_256 || fee > MAX_256) return wrong('a number is too large');
  if (tip > fee) return wrong('the priority fee is above the whole fee');
  return ok({
    chainId: BigInt(intent.chain_id),
    nonce: BigInt(nonce),
    maxPriorityFeePerGas: tip,
    maxFeePerGas: fee,
    gas: BigInt(limits.gas),
    to,
    value,
    data,
  });
}

function fieldsOf(transaction: Transaction): Item[] {
  const { chainId, nonce, maxPriorityFeePerGas: tip, maxFeePerGas: fee, gas } = transaction;
  const { to, value, data } = transaction;
  return [...[chainId, nonce, tip, fee, gas].map(number), to, number(value), data, []];
}

function typed(fields: readonly Item[]): Uint8Array {
  return Uint8Array.of(TYPE, ...rlp(fields));
}

/** Recursive length prefix (Ethereum yellow paper, appendix B). */
export function rlp(item: Item): Uint8Array {
  if (item instanceof Uint8Array) {
    if (item.length === 1 && (item[0] as number) < 0x80) return item;
    return joined(prefix(item.length, 0x80), item);
  }
  const inner = joined(...item.map(rlp));
  return joined(prefix(inner.length, 0xc0), inner);
}

function prefix(length: number, base: number): Uint8Array {
  if (length <= 55) return Uint8Array.of(base + length);
  const size = number(BigInt(length));
  return joined(Uint8Array.of(base + 55 + size.length), size);
}

/** Big endian without zeros before it; nothing for zero. */
function number(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const digits = value.toString(16);
  return decodeHex(digits.length % 2 === 0 ? digits : `0${digits}`) as Uint8Array;
}

function bigOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(bytes)}`);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function wrong(message: string): Result<never, Wrong> {
  return err({ code: 'intent.invalid', message });
}
