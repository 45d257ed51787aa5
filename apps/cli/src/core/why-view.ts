import type { Explanation, RuleTrace, SmallestChange } from '@ioi/protocol';
import { foundText, mainPath, verdictWord } from './describe-entry.ts';
import { colourOf, type Paint } from './paint.ts';
import { clipped, visible } from './visible.ts';

const MOST_RULES = 12;
const VALUE_COLUMNS = 120;

/** Why one action was decided as it was: the verdict, then the rules, the nearest first. */
export function whyView(why: Explanation, paint: Paint): string[] {
  const word = verdictWord(why.verdict);
  const about = mainPath(why.request.params) ?? '';
  const lines = [
    [paint(colourOf(word), word), visible(why.request.target), visible(about)].join('  '),
    ...(why.observed === undefined ? [] : [`  ${visible(observedText(why.observed))}`]),
    `  ${visible(decidingText(why))}`,
    `  receipt ${visible(why.receipt_id)}, policy ${visible(why.policy_hash ?? 'none')}`,
  ];
  const facts = Object.entries(why.facts).map(([name, value]) => `${name} = ${shown(value)}`);
  if (facts.length > 0) lines.push(`  facts: ${visible(facts.join(', '))}`);
  if (why.inspection) lines.push(...inspectionLines(why.inspection));
  if (why.change !== undefined) lines.push(`  ${visible(changeText(why.change))}`);
  if (why.rules.length === 0) {
    lines.push(`  no rule of the policy is about ${visible(why.request.target)}`);
    return lines;
  }
  lines.push('', '  rules about this target:');
  for (const rule of why.rules.slice(0, MOST_RULES)) lines.push(...ruleLines(rule, paint));
  const more = why.rules.length - MOST_RULES;
  return more > 0 ? [...lines, `  and ${more} more`] : lines;
}

function observedText({ verdict, code }: NonNullable<Explanation['observed']>): string {
  return `the policy only observes: enforced, this would be ${verdictWord(verdict)} (${code})`;
}

/** What was found, what was done about it, and by what that can be shown. */
function inspectionLines(inspection: NonNullable<Explanation['inspection']>): string[] {
  const { outcome, decision_hash, source_hash } = inspection;
  return [
    `  sends: ${visible(foundText(inspection))}; ${outcome}`,
    `  decision ${visible(decision_hash)}, committed to what it was in ${visible(source_hash)}`,
  ];
}

/** One sentence: what decided. */
export function decidingText(
  why: Pick<Explanation, 'code' | 'rule_id' | 'field' | 'rules'>,
): string {
  const { code, rule_id: ruleId, field } = why;
  if (code.startsWith('egress.')) return `${code}: decided by what it would send`;
  if (ruleId !== undefined) {
    return `${code}: rule ${ruleId}, decided by ${field ?? 'target'}`;
  }
  const nearest = why.rules.find(({ action }) => action !== 'BLOCK');
  if (nearest === undefined) return `${code}: no rule allows this target`;
  const missing = nearest.field ?? 'target';
  return `${code}: no rule allows it; nearest is ${nearest.rule_id}, whose ${missing} does not fit`;
}

/** One sentence: the least that would have altered the verdict. */
export function changeText({ about, differs, verdict, rule_id: ruleId }: SmallestChange): string {
  const said = Object.entries(differs).map(([name, value]) => `${name} = ${shown(value)}`);
  // A budget is no part of a request: it has room or has none.
  const would = said.length === 0 ? `with other ${about.join(' and ')}` : `with ${said.join(', ')}`;
  const by = ruleId === undefined ? '' : ` by ${ruleId}`;
  return `smallest change: ${would}, such as this, it would be ${verdict}${by}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : clipped(JSON.stringify(value) ?? '', VALUE_COLUMNS);
}

function ruleLines(rule: RuleTrace, paint: Paint): string[] {
  const mark = rule.matched ? paint('green', 'matched') : paint('dim', 'no match');
  const first = `    ${mark}  ${visible(rule.rule_id)}  ${rule.action} ${visible(rule.target)}`;
  if (rule.field === undefined) return [first];
  const wanted = clipped(JSON.stringify(rule.wanted) ?? 'nothing', VALUE_COLUMNS);
  const seen = clipped(JSON.stringify(rule.seen) ?? 'nothing', VALUE_COLUMNS);
  return [
    first,
    `      ${visible(rule.field)}: the rule has ${wanted}`,
    `      the request ${seen}`,
  ];
}
