import { err, ok, type Result } from '@ioi/basis';
import { entropyToMnemonic, mnemonicToEntropy, mnemonicToSeedSync } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { PhraseCode, PhraseError } from '../codes.ts';

/** 256 bits: what 24 words tell (BIP-39). */
export const ENTROPY_SIZE = 32;
const WORDS = 24;
const KNOWN: ReadonlySet<string> = new Set(wordlist);

/** The 24 words of a root, in lower case with one space between. */
export function phraseOf(entropy: Uint8Array): string {
  return entropyToMnemonic(entropy, wordlist);
}

/**
 * The root that 24 words tell, however they are spaced and cased. A refusal says which place is
 * wrong and never which word stood there.
 */
export function entropyOf(phrase: string): Result<Uint8Array, PhraseError> {
  const words = phrase.normalize('NFKD').toLowerCase().trim().split(/\s+/);
  if (words.length !== WORDS) {
    return refuse(
      'phrase.wrong_length',
      `a recovery phrase has ${WORDS} words, not ${words.length}`,
    );
  }
  const unknown = words.findIndex((word) => !KNOWN.has(word));
  if (unknown >= 0) {
    return refuse('phrase.unknown_word', `word ${unknown + 1} is not in the BIP-39 English list`);
  }
  try {
    return ok(mnemonicToEntropy(words.join(' '), wordlist));
  } catch {
    const message = 'the words do not fit together: one is wrong, or two changed places';
    return refuse('phrase.bad_checksum', message);
  }
}

/** The 64 bytes every key is derived from. An extra passphrase gives another root altogether. */
export function rootSeedOf(entropy: Uint8Array, extraPassphrase = ''): Uint8Array {
  return mnemonicToSeedSync(phraseOf(entropy), extraPassphrase);
}

function refuse(code: PhraseCode, message: string): Result<never, PhraseError> {
  return err({ code, message });
}
