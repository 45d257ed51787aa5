/** Why a signature does not hold, in order of precedence. */
export type CryptoCode =
  | 'crypto.unknown_algorithm'
  | 'crypto.disabled_algorithm'
  | 'crypto.key_mismatch'
  | 'crypto.bad_encoding'
  | 'crypto.bad_signature';

export type CryptoError = { readonly code: CryptoCode; readonly message: string };

/** Why a signed note says nothing, in order of precedence. */
export type NoteCode = 'note.malformed' | 'note.bad_signature' | 'note.unknown_key';

export type NoteError = { readonly code: NoteCode; readonly message: string };

/** Why a key file does not open, in order of precedence. */
export type KeyFileCode =
  | 'keyfile.damaged'
  | 'keyfile.unknown_format'
  | 'keyfile.kdf_too_costly'
  | 'keyfile.wrong_passphrase';

export type KeyFileError = { readonly code: KeyFileCode; readonly message: string };

/** Why words are no recovery phrase, in order of precedence. */
export type PhraseCode = 'phrase.wrong_length' | 'phrase.unknown_word' | 'phrase.bad_checksum';

/** Why words are no share of a phrase, or shares no phrase, in order of precedence. */
export type ShareCode =
  | 'share.wrong_length'
  | 'share.unknown_word'
  | 'share.bad_checksum'
  | 'share.malformed'
  | 'share.other_set'
  | 'share.repeated'
  | 'share.too_few'
  | 'share.bad_digest';

export type ShareError = { readonly code: ShareCode; readonly message: string };

export type PhraseError = { readonly code: PhraseCode; readonly message: string };

/** Why a time stamp says nothing, in order of precedence. */
export type TimestampCode =
  | 'timestamp.malformed'
  | 'timestamp.refused'
  | 'timestamp.other_imprint'
  | 'timestamp.wrong_nonce'
  | 'timestamp.other_policy'
  | 'timestamp.foreign_certificate'
  | 'timestamp.not_for_timestamps'
  | 'timestamp.expired_certificate'
  | 'timestamp.weak_algorithm'
  | 'timestamp.bad_signature';

export type TimestampError = { readonly code: TimestampCode; readonly message: string };
