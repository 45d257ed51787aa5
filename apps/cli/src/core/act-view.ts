import type { EntryLine } from '@ioi/law';
import { shortId } from './match-id.ts';
import { colourOf, type Paint } from './paint.ts';
import { clipped, clippedStart, widthOf } from './visible.ts';

export type ActLine = {
  readonly line: EntryLine;
  /** The path, already shortened for people. */
  readonly about: string;
  readonly latencyMs: number;
};

const WORD_COLUMNS = 16;
const TARGET_COLUMNS = 9;
const ABOUT_COLUMNS = 28;
const RULE_COLUMNS = 22;

/** One act in one line: verdict, target, what it is about, rule, latency, receipt. */
export function actView({ line, about, latencyMs }: ActLine, paint: Paint): string {
  const { word, target = '', ruleId = 'no rule: denied', receiptId = '' } = line;
  const cells = [
    paint(colourOf(word), padded(clipped(word, WORD_COLUMNS), WORD_COLUMNS)),
    padded(clipped(target, TARGET_COLUMNS), TARGET_COLUMNS),
    padded(clippedStart(about, ABOUT_COLUMNS), ABOUT_COLUMNS),
    padded(clipped(ruleId, RULE_COLUMNS), RULE_COLUMNS),
    `${latencyMs.toFixed(1)} ms`.padStart(10),
    clipped(shortId(receiptId), 24),
  ];
  return `  ${cells.join('  ')}`;
}

function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}
