import type { Pausing } from '@ioi/basis';
import {
  type Confidence,
  compareClasses,
  type PiiClass,
  type Severity,
  severityOf,
} from './classes.ts';
import { forEachPart } from './parts.ts';

/** One finding in a text: half open, in UTF-16 code units of the text as written. */
export type Span = {
  readonly class: PiiClass;
  readonly start: number;
  readonly end: number;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** It has the shape and could be something else: what the assist may look at. */
  readonly is_ambiguous: boolean;
};

/** Where a detector found what, in the folded text. */
export type Found = Omit<Span, 'severity'>;

/**
 * Spans in order, none overlapping: where findings overlap, one span covers them all, with the
 * most severe class among them and its certainty. Nothing that was found is uncovered by another.
 */
export function* withoutOverlap(found: readonly Found[]): Pausing<Span[]> {
  const spans: Span[] = [];
  yield* forEachPart(yield* inOrder(found), (part) => {
    for (const each of part) {
      const span = { ...each, severity: severityOf(each.class) };
      const last = spans.at(-1);
      if (!last || last.end <= span.start) spans.push(span);
      else spans[spans.length - 1] = joined(last, span);
    }
  });
  return spans;
}

/** Detectors look a bounded way back, so few are moved, and not far. */
function* inOrder(found: readonly Found[]): Pausing<Found[]> {
  const ordered: Found[] = [];
  yield* forEachPart(found, (part) => {
    for (const each of part) {
      let at = ordered.length;
      while (at > 0 && isBehind(ordered[at - 1] as Found, each)) at -= 1;
      if (at === ordered.length) ordered.push(each);
      else ordered.splice(at, 0, each);
    }
  });
  return ordered;
}

function isBehind(left: Found, right: Found): boolean {
  return left.start > right.start || (left.start === right.start && left.end > right.end);
}

function joined(left: Span, right: Span): Span {
  const order = compareClasses(left.class, right.class);
  const kept = order < 0 || (order === 0 && !left.is_ambiguous) ? left : right;
  return { ...kept, start: left.start, end: Math.max(left.end, right.end) };
}
