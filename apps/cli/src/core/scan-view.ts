import type { Span } from '@ioi/law';
import { tabbed } from './columns.ts';
import type { Paint } from './paint.ts';
import { clipped } from './visible.ts';

const VALUE_COLUMNS = 80;

type Showing = {
  /** Whether the values themselves are printed. */
  readonly isShown: boolean;
  readonly paint: Paint;
};

/** Where which class was found, one a line, then how many; values only when asked for. */
export function scanView(
  text: string,
  spans: readonly Span[],
  { isShown, paint }: Showing,
): string[] {
  const places = placesOf(text, spans);
  const rows = spans.map((span, at) => {
    const { class: found, severity, confidence, is_ambiguous, start, end } = span;
    const sure = is_ambiguous ? `${confidence}, ambiguous` : confidence;
    const value = isShown ? [clipped(text.slice(start, end), VALUE_COLUMNS)] : [];
    return [places[at] ?? '', found, severity, sure, `${end - start} characters`, ...value];
  });
  const word = spans.length === 0 ? paint('green', 'nothing found') : `${spans.length} found`;
  return [...tabbed(rows), word];
}

/** `line:column`, both from 1; spans are in order, so the text is walked once. */
function placesOf(text: string, spans: readonly Span[]): string[] {
  let line = 1;
  let lineStart = 0;
  let next = text.indexOf('\n');
  return spans.map(({ start }) => {
    while (next !== -1 && next < start) {
      line += 1;
      lineStart = next + 1;
      next = text.indexOf('\n', lineStart);
    }
    return `${line}:${start - lineStart + 1}`;
  });
}
