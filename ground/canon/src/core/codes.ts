/**
 * Why a text or a value has no canonical form, in order of precedence: size and encoding before
 * syntax, syntax before meaning. `too_deep` ends a scan where it is met, as `syntax` does; among
 * the rest the first in document order is reported.
 */
export type CanonCode =
  | 'canon.too_large'
  | 'canon.bom'
  | 'canon.not_utf8'
  | 'canon.too_deep'
  | 'canon.syntax'
  | 'canon.not_json'
  | 'canon.lone_surrogate'
  | 'canon.duplicate_key'
  | 'canon.not_finite'
  | 'canon.unsafe_integer';

export type CanonError = {
  readonly code: CanonCode;
  /** Where in the value, as an RFC 6901 JSON pointer. */
  readonly pointer?: string;
  /** Where in the text, in UTF-16 code units from its start. */
  readonly offset?: number;
  readonly message: string;
};
