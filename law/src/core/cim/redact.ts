import { finish, type Pausing } from '@ioi/basis';
import type { PiiClass } from './classes.ts';
import type { GraphSpan } from './graph.ts';
import { forEachPart } from './parts.ts';
import { scan } from './scan.ts';
import type { Span } from './span.ts';

export type Redaction = Pick<GraphSpan, 'at' | 'class' | 'start' | 'end'> & {
  readonly placeholder: string;
};

/** Numbers the spans of each class in the order of the graph: `[redacted:email:1]`. */
export function* redactionsOf(spans: readonly GraphSpan[]): Pausing<Redaction[]> {
  const counts = new Map<PiiClass, number>();
  const redactions: Redaction[] = [];
  const add = ({ at, class: piiClass, start, end }: GraphSpan): void => {
    const ordinal = (counts.get(piiClass) ?? 0) + 1;
    counts.set(piiClass, ordinal);
    const placeholder = `[redacted:${piiClass}:${ordinal}]`;
    redactions.push({ at, class: piiClass, start, end, placeholder });
  };
  yield* forEachPart(spans, (part) => part.forEach(add));
  return redactions;
}

/** Puts the placeholders of one place into its text; positions are those before. */
export function applyRedactions(text: string, redactions: readonly Redaction[]): string {
  let redacted = '';
  let from = 0;
  for (const { start, end, placeholder } of redactions) {
    redacted += text.slice(from, start) + placeholder;
    from = end;
  }
  return redacted + text.slice(from);
}

/** Redactions by the place they are in. */
export function byPlace(redactions: readonly Redaction[]): ReadonlyMap<string, Redaction[]> {
  return Map.groupBy(redactions, ({ at }) => at);
}

/** A text with everything the detectors find in it redacted, what is ambiguous too. */
export function redactText(text: string): {
  readonly text: string;
  readonly spans: readonly Span[];
} {
  const spans = scan(text);
  const placed = spans.map((span) => ({ ...span, at: '', is_rewritable: true }));
  return { text: applyRedactions(text, finish(redactionsOf(placed))), spans };
}
