import type { Decision, Difference, Differences, Inclusion, Situation } from '@ioi/law';
import { clipped, visible } from './visible.ts';

const REQUEST_COLUMNS = 160;
const SCALE = 10n ** 18n;

/** One request that two policies decide differently, and how, in two lines. */
export function differenceView({ situation, before, after }: Difference): string[] {
  return [
    `  ${clipped(situationWords(situation), REQUEST_COLUMNS)}`,
    `    was ${decisionWords(before)}, becomes ${decisionWords(after)}`,
  ];
}

/** `fs::write path=/w/a; target_exists=true; after 3 calls of rate:fs::write:60000`. */
function situationWords({ request, facts, calls, spent }: Situation): string {
  const said = [request.target, ...wordsOf(request.params)].join(' ');
  const known = wordsOf(facts);
  const called = Object.entries(calls).map(([id, count]) => `after ${count} calls of ${id}`);
  const paid = Object.entries(spent).map(([unit, sum]) => `with ${amountOf(sum)} ${unit} spent`);
  return [said, ...known, ...called, ...paid].join('; ');
}

function wordsOf(values: object): string[] {
  return Object.entries(values).map(([name, value]) => {
    return `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  });
}

function amountOf(scaled: string): string {
  const sum = BigInt(scaled);
  const rest = String(sum % SCALE)
    .padStart(18, '0')
    .replace(/0+$/, '');
  return rest === '' ? String(sum / SCALE) : `${sum / SCALE}.${rest}`;
}

function decisionWords({ verdict, ruleId, code }: Decision): string {
  if (ruleId === undefined) return `${verdict} (no rule matches)`;
  const used = code === 'policy.budget_exhausted' ? ', used up' : '';
  return `${verdict} (${visible(ruleId)}${used})`;
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
