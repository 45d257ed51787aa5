import { printChainTime } from '../chain-time.ts';
import type { Decision } from '../decision.ts';
import type { Difference, Inclusion } from './includes.ts';
import type { Situation } from './situation.ts';

const SCALE = 10n ** 18n;

/** A situation in one line: `fs::write path=/w/a; target_exists=true; after 3 calls of …`. */
export function situationWords({ request, facts, calls, spent, time }: Situation): string {
  const said = [request.target, ...wordsOf(request.params)].join(' ');
  const known = wordsOf(facts);
  const called = Object.entries(calls).map(([id, count]) => `after ${count} calls of ${id}`);
  const paid = Object.entries(spent).map(([unit, sum]) => `with ${amountOf(sum)} ${unit} spent`);
  const timed = time === undefined ? [] : [`at ${printChainTime(BigInt(time))}`];
  return [said, ...known, ...called, ...paid, ...timed].join('; ');
}

/** `ALLOW (rule_id)`. */
export function decisionWords({ verdict, ruleId, code }: Decision): string {
  if (ruleId === undefined) return `${verdict} (no rule matches)`;
  const used = code === 'policy.budget_exhausted' ? ', used up' : '';
  return `${verdict} (${ruleId}${used})`;
}

/** How a policy goes further than the ceiling above it. */
export function witnessWords({ situation, before, after }: Difference): string {
  const outer = `the ceiling says ${decisionWords(before)}`;
  return `${situationWords(situation)}: ${outer}, this policy ${decisionWords(after)}`;
}

/** How a policy goes further than its ceiling, or what kept that from being told. */
export function wordsOutside(found: Inclusion): string | undefined {
  if (found.verdict === 'included') return undefined;
  return found.verdict === 'refused' ? witnessWords(found.witness) : `not shown: ${found.reason}`;
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
