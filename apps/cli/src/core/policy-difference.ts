import { type Difference, decisionWords, situationWords } from '@ioi/law';
import { clipped, visible } from './visible.ts';

const REQUEST_COLUMNS = 160;

/** One request that two policies decide differently, and how, in two lines. */
export function differenceView({ situation, before, after }: Difference): string[] {
  return [
    `  ${clipped(situationWords(situation), REQUEST_COLUMNS)}`,
    `    was ${visible(decisionWords(before))}, becomes ${visible(decisionWords(after))}`,
  ];
}
