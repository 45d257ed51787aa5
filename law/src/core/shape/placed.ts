import { lineStarts, locate, positionOf } from '../policy/locate.ts';
import type { ShapeFlaw } from './shape.ts';

const MOST_FAULTS = 200;

/** `line` and `column` count from 1; columns in UTF-16 code units. */
export type TextFault<C extends string = string> = ShapeFlaw<C> & {
  readonly line: number;
  readonly column: number;
};

/** A fault about a name that means nothing points at the name, every other at the value. */
export function placed<C extends string>(
  flaws: readonly ShapeFlaw<C>[],
  text: string,
): readonly TextFault<C>[] {
  const told = flaws.slice(0, MOST_FAULTS);
  const spans = locate(
    text,
    told.map(({ pointer }) => pointer),
  );
  const starts = lineStarts(text);
  return told.map((flaw) => {
    const span = spans.get(flaw.pointer);
    const name = flaw.code.endsWith('.unknown_field') ? span?.name : undefined;
    return { ...flaw, ...positionOf(name ?? span?.start ?? 0, starts) };
  });
}
