import { encodeHex, err, ok, type Result } from '@ioi/basis';
import { entropyOf, evmKey, rootSeedOf } from '@ioi/crypto/phrase';
import type { HybridKey } from '@ioi/crypto/shell';
import { didOf } from '@ioi/protocol';
import type { Refusal } from '../core/index.ts';
import { keptPhrase, ownerOf } from './owner-root.ts';

/** BIP-32: a step that is not hardened is below 2^31. */
const INDEX = /^(0|[1-9][0-9]{0,9})$/;
const HARDENED = 2 ** 31;

export type Deriving = {
  /** Which account, in decimal digits. */
  readonly index: unknown;
  /** The recovery phrase; undefined takes the one that is kept. */
  readonly phrase: unknown;
};

/**
 * The key of one account of the owner, 64 digits of hex, at the path where wallets have it. Of a
 * phrase that is not this owner's none is made: what it holds is somebody else's.
 */
export function derivedEvmKey(
  { index, phrase }: Deriving,
  owner: HybridKey,
  folder: string,
): Result<string, Refusal> {
  if (typeof index !== 'string' || !INDEX.test(index) || Number(index) >= HARDENED) {
    return err({ code: 'credential.invalid', message: 'an account is a number below 2^31' });
  }
  const entropy = phrase === undefined ? keptIn(folder, owner) : given(phrase, owner);
  if (!entropy.ok) return entropy;
  const root = rootSeedOf(entropy.value);
  entropy.value.fill(0);
  const key = evmKey(root, Number(index));
  root.fill(0);
  const digits = encodeHex(key);
  key.fill(0);
  return ok(digits);
}

function keptIn(folder: string, owner: HybridKey): Result<Uint8Array, Refusal> {
  const entropy = keptPhrase(folder, owner);
  if (entropy !== undefined) return ok(entropy);
  const message = 'the recovery phrase is not kept here; type it, or name a file: --phrase-file';
  return err({ code: 'phrase.not_kept', message });
}

function given(phrase: unknown, owner: HybridKey): Result<Uint8Array, Refusal> {
  const entropy = entropyOf(typeof phrase === 'string' ? phrase : '');
  if (!entropy.ok) return entropy;
  if (ownerOf(entropy.value).identity.did === didOf(owner.publicKey)) return entropy;
  return err({ code: 'phrase.other_owner', message: 'this is the phrase of another owner' });
}
