import type { CharSet } from './char-set.ts';

/** What must be so between two characters, or at an end. */
export type Assertion = 'text_start' | 'text_end' | 'line_start' | 'line_end' | 'word' | 'no_word';

/** A regular expression; what it captures and which match it prefers does not matter here. */
export type Expression =
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'choice'; readonly parts: readonly Expression[] }
  | {
      readonly kind: 'repeat';
      readonly part: Expression;
      readonly least: number;
      /** Undefined: without bound. */
      readonly most: number | undefined;
    };
