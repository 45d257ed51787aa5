/** A departure from a rule of `shape.ts` that is meant, and why. */
export type Allowance = { readonly file: string; readonly name: string; readonly reason: string };

/** An entry that no longer matches anything is itself a finding, so this list only shrinks. */
export const ALLOWED: readonly Allowance[] = [];
