import { type PolicyTestResult, printChainTime } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import { colourOf, type Paint } from './paint.ts';
import { differenceView } from './policy-difference.ts';
import type { PolicyReview } from './policy-review.ts';
import { clipped, visible } from './visible.ts';

const CONDITION_COLUMNS = 160;

/** The rules, most restrictive first within a target, then what is done about what leaves. */
export function rulesView(rules: ActionRules, paint: Paint): string[] {
  const ruled = rules.rules.map(({ rule_id: id, target, action, conditions }) => {
    const word = paint(colourOf(action), action.padEnd(16));
    const { expires, ...others } = conditions;
    const end = expires === undefined ? '' : `until ${printChainTime(BigInt(expires))} `;
    const said = Object.keys(conditions).length === 0 ? 'always' : JSON.stringify(others);
    const about = `${end}${clipped(said, CONDITION_COLUMNS)}`;
    return `  ${word}  ${visible(target)}  ${visible(id)}  ${about}`;
  });
  const outward = (rules.egress ?? []).map(({ target, ...lists }) => {
    return `  ${'what leaves'.padEnd(16)}  ${visible(target)}  ${visible(JSON.stringify(lists))}`;
  });
  return [...ruled, ...outward];
}

/** What activating means, from the guardian's own reading of both policies. */
export function reviewView(review: PolicyReview, paint: Paint): string[] {
  const lines = [`policy ${visible(review.policy_id)}, ${review.rules} rules`];
  lines.push(`  hash      ${visible(review.policy_hash)}`);
  lines.push(`  replaces  ${visible(review.replaces ?? 'nothing: it is the first of this node')}`);
  for (const rule of review.added) lines.push(paint('green', `  + ${visible(rule)}`));
  for (const rule of review.removed) lines.push(paint('red', `  - ${visible(rule)}`));
  if (review.added.length + review.removed.length === 0) lines.push('  the rules are the same');
  if (review.observes) lines.push(paint('yellow', OBSERVES));
  if (review.outside === undefined) return [...lines, ...wideningView(review, paint)];
  const outside = "It goes further than the organisation's ceiling:";
  return [...lines, paint('red', outside), `  ${visible(review.outside)}`];
}

const OBSERVES =
  'It only observes: what it would deny or ask about is done and recorded. BLOCK rules block.';

function wideningView({ widening, witness, reason }: PolicyReview, paint: Paint): string[] {
  const approves = 'Your passphrase approves exactly this change.';
  switch (widening) {
    case 'initial':
      return [
        paint(
          'yellow',
          'This is the first policy: what it allows becomes possible for the first time.',
        ),
      ];
    case 'unchanged':
    case 'narrower':
      return [paint('green', 'This tightens: no approval needed, your signature is enough.')];
    case 'wider':
      return [
        paint('yellow', `This counts as widening: some requests go further. ${approves}`),
        ...(witness === undefined ? [] : ['for example', ...differenceView(witness)]),
      ];
    case 'undecided':
      return [
        paint('yellow', `This counts as widening: nobody could show otherwise. ${approves}`),
        ...(reason === undefined ? [] : [`  ${visible(reason)}`]),
      ];
  }
}

/** One line per example that did not hold, then the count. */
export function testsView(path: string, results: readonly PolicyTestResult[]): string[] {
  const failed = results.filter(({ isPassed }) => !isPassed);
  const lines = failed.map(({ line, column, ruleId, expected }) => {
    const wanted = expected === 'match' ? 'should match and does not' : 'should not match and does';
    return `${visible(path)}:${line}:${column}: rule ${visible(ruleId)} ${wanted}`;
  });
  const passed = results.length - failed.length;
  return [...lines, `${passed} of ${results.length} examples hold`];
}
