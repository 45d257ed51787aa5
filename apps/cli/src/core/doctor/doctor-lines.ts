import type { Colour, Paint } from '../paint.ts';
import { visible } from '../visible.ts';
import type { Check } from './checks.ts';

const COLOURS: Readonly<Record<Check['state'], Colour>> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
};

export function doctorLines(checks: readonly Check[], paint: Paint): string[] {
  return checks.flatMap(({ name, state, about, next }) => [
    `${paint(COLOURS[state], state.padEnd(4))}  ${name.padEnd(10)}${visible(about)}`,
    ...(next === undefined ? [] : [`      next: ${visible(next)}`]),
  ]);
}
