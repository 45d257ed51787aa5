import {
  type Difference,
  type Differences,
  decisionWords,
  type Inclusion,
  situationWords,
} from '@ioi/law';
import { clipped, visible } from './visible.ts';

const REQUEST_COLUMNS = 160;

/** One request that two policies decide differently, and how, in two lines. */
export function differenceView({ situation, before, after }: Difference): string[] {
  return [
    `  ${clipped(situationWords(situation), REQUEST_COLUMNS)}`,
    `    was ${visible(decisionWords(before))}, becomes ${visible(decisionWords(after))}`,
  ];
}

const HEADINGS = [
  ['ALLOW', 'Allowed now'],
  ['REQUIRE_APPROVAL', 'Asked for now'],
  ['BLOCK', 'Blocked now'],
] as const;

/** Which requests are decided otherwise, by what becomes of them, each with an example. */
export function differencesView({ examples, reason }: Differences): string[] {
  const lines = HEADINGS.flatMap(([verdict, heading]) => {
    const found = examples.filter(({ after }) => after.verdict === verdict);
    return found.length === 0 ? [] : [heading, ...found.flatMap(differenceView)];
  });
  const rest = reason === undefined ? [] : [`there may be more: ${visible(reason)}`];
  return lines.length === 0 && rest.length === 0
    ? ['every request is decided as before']
    : [...lines, ...rest];
}

export function verdictView(inclusion: Inclusion): string {
  switch (inclusion.verdict) {
    case 'included':
      return `tightens or stays: no request goes further (${inclusion.cells} kinds compared)`;
    case 'refused':
      return 'widens: some requests go further';
    case 'undecided':
      return `counts as widening, nobody could show otherwise: ${visible(inclusion.reason)}`;
  }
}
