import { finish, type Pausing } from '@ioi/basis';
import type { PiiClass } from './classes.ts';
import type { GraphSpan } from './graph.ts';
import type { InspectedText } from './params.ts';
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
function* applyRedactions(text: string, redactions: readonly Redaction[]): Pausing<string> {
  const pieces: string[] = [];
  let from = 0;
  yield* forEachPart(redactions, (part) => {
    let piece = '';
    for (const { start, end, placeholder } of part) {
      piece += text.slice(from, start) + placeholder;
      from = end;
    }
    pieces.push(piece);
  });
  return pieces.join('') + text.slice(from);
}

/** Texts with their placeholders, by the place they stand in: those in which there are any. */
export function* redactedTexts(
  texts: readonly InspectedText[],
  redactions: readonly Redaction[],
): Pausing<ReadonlyMap<string, string>> {
  const places = new Map<string, Redaction[]>();
  yield* forEachPart(redactions, (part) => {
    for (const each of part) {
      const others = places.get(each.at);
      if (others) others.push(each);
      else places.set(each.at, [each]);
    }
  });
  const redacted = new Map<string, string>();
  for (const { at, text } of texts) {
    const own = places.get(at);
    if (own) redacted.set(at, yield* applyRedactions(text, own));
  }
  return redacted;
}

/** A text with everything the detectors find in it redacted, what is ambiguous too. */
export function redactText(text: string): {
  readonly text: string;
  readonly spans: readonly Span[];
} {
  const spans = scan(text);
  const placed = spans.map((span) => ({ ...span, at: '', is_rewritable: true }));
  return { text: finish(applyRedactions(text, finish(redactionsOf(placed)))), spans };
}
