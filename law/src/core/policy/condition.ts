import type { Action } from './rules.ts';
import type { Subject } from './subject.ts';

/** `unknown`: the request does not hold what the condition needs to decide. */
export type Truth = 'yes' | 'no' | 'unknown';
export type Matcher = (subject: Subject) => Truth;

export type Condition<V> = {
  /** Which change of the value makes an ALLOW rule match less (or a restrictive one more). */
  readonly tightens: 'shrink' | 'grow' | 'neither';
  /** An ALLOW rule cannot carry it: it would allow exactly what it was meant to block. */
  readonly isRestrictiveOnly?: true;
  /** It ends what it stands in: a restriction that ended would uncover what it covered. */
  readonly isAllowOnly?: true;
  /** It counts admitted actions, so a BLOCK rule, which admits none, cannot carry it. */
  readonly isBudget?: true;
  /** The part that needs no budget. An unreadable value is `unknown`, whatever the request. */
  readonly matcher: (value: V, action: Action) => Matcher;
  /** Whether every value `inner` matches, `outer` matches too. Sound; complete unless said. */
  readonly includes: (outer: V, inner: V) => boolean;
};

export function isSubset(outer: readonly string[], inner: readonly string[]): boolean {
  return inner.every((entry) => outer.includes(entry));
}
