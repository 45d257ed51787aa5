import type { OwnerIdentity } from './types.ts';

/** What the program that makes a guardian's folder is asked, as one JSON text. */
export type GuardianMaking = {
  readonly demo: boolean;
  readonly passphrase: string;
  /** The owner's, from before; a new one is drawn when undefined. */
  readonly phrase?: string;
  /** Keep the phrase in the folder, sealed. */
  readonly keep: boolean;
};

/** The phrase when it is new: nobody is told it again unless it is kept. */
export type GuardianMade = { readonly did: string; readonly phrase?: string };

/** What is asked about the phrase of a node, running or not. */
export type PhraseJob =
  | { readonly kind: 'check'; readonly phrase: string }
  | { readonly kind: 'show'; readonly passphrase: string }
  | { readonly kind: 'forget' }
  /** Writes the identity of an owner whose key is older than identities. */
  | { readonly kind: 'identify'; readonly passphrase: string };

export type PhraseAnswer =
  | { readonly kind: 'checked'; readonly did: string; readonly isOwner: boolean }
  | { readonly kind: 'phrase'; readonly phrase: string }
  | { readonly kind: 'forgotten'; readonly was: boolean }
  | { readonly kind: 'identified'; readonly identity: OwnerIdentity }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };
