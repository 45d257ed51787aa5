import type { EntryProof } from '@ioi/protocol';
import { verifyEntry } from '@ioi/verifier';

export type Checked =
  | { readonly isProven: true; readonly size: number; readonly effect: 'stands' | 'voided' }
  | { readonly isProven: false; readonly code: string; readonly message: string };

/**
 * Checks an entry in this browser, by the program that verifies exports: both signatures of the
 * checkpoint, the keys of genesis, its path, the commit that sealed it.
 */
export function check(proof: EntryProof): Checked {
  const verified = verifyEntry(proof);
  if (!verified.ok) return { isProven: false, ...verified.error };
  const { size, effect } = verified.value;
  return { isProven: true, size, effect };
}
