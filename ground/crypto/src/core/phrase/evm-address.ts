import { evmAddressOf } from '../evm-address.ts';
import { secp256k1At } from './hd-keys.ts';

/** Where wallets look for an owner's accounts (BIP-44). */
export function evmPath(index: number): string {
  return `m/44'/60'/0'/0/${index}`;
}

/** The private key of the account a root has at `evmPath`, 32 bytes. */
export function evmKey(rootSeed: Uint8Array, index: number): Uint8Array {
  return secp256k1At(rootSeed, evmPath(index)).key;
}

/** That account, spelled with its checksum (EIP-55). */
export function evmAddress(rootSeed: Uint8Array, index: number): string {
  return evmAddressOf(evmKey(rootSeed, index));
}
