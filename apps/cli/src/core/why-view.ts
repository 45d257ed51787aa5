import { foundText, mainPath, verdictWord } from '@ioi/law';
import type { Explanation, RuleTrace, SmallestChange } from '@ioi/protocol';
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
  if (why.layer !== undefined) lines.push(`  ${LAYERS[why.layer]}`);
  if (why.ceiling_hash !== undefined) lines.push(`  ceiling ${visible(why.ceiling_hash)}`);
  if (why.rules.length > 0) return [...lines, ...ruleListView(why.rules, paint)];
  return [...lines, `  no rule of the policy is about ${visible(why.request.target)}`];
}

const LAYERS = {
  local: 'decided by the layer local: the policy of the owner',
  organisation: 'decided by the layer organisation: its bundle bounds the policy of the owner',
} as const;

/** The rules of a target, the nearest first. */
export function ruleListView(rules: readonly RuleTrace[], paint: Paint): string[] {
  if (rules.length === 0) return [];
  const lines = rules.slice(0, MOST_RULES).flatMap((rule) => ruleLines(rule, paint));
  const more = rules.length - MOST_RULES;
  return ['', '  rules about this target:', ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
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
  why: Pick<Explanation, 'code' | 'rule_id' | 'field' | 'layer' | 'rules' | 'outside'>,
): string {
  const { code, rule_id: ruleId, field } = why;
  if (why.outside !== undefined) return envelopeText(why.outside, why.layer);
  if (code.startsWith('egress.')) return `${code}: decided by what it would send`;
  if (ruleId !== undefined) {
    return `${code}: rule ${ruleId}, decided by ${field ?? 'target'}`;
  }
  if (field === 'max_age_ms') return `${code}: the bundle of the organisation is too old`;
  const deciding = why.rules.filter((rule) => rule.layer === why.layer);
  const nearest = deciding.find(({ action }) => action !== 'BLOCK');
  if (nearest === undefined) return `${code}: no rule allows this target`;
  const missing = nearest.field ?? 'target';
  return `${code}: no rule allows it; nearest is ${nearest.rule_id}, whose ${missing} does not fit`;
}

/** No rule is asked about what is outside an envelope, so none is named. */
function envelopeText(outside: readonly string[], layer: Explanation['layer']): string {
  const whose = layer === 'organisation' ? "the organisation's policy" : 'the policy';
  const held = outside.length === 0 ? 'what the tool takes' : outside.join(', ');
  return `capability.outside_envelope: the envelope of ${whose} does not hold ${held}`;
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
  const whose = rule.layer === undefined ? '' : `  (${rule.layer})`;
  const said = `${visible(rule.rule_id)}  ${rule.action} ${visible(rule.target)}${whose}`;
  const first = `    ${mark}  ${said}`;
  if (rule.field === undefined) return [first];
  const wanted = clipped(JSON.stringify(rule.wanted) ?? 'nothing', VALUE_COLUMNS);
  const seen = clipped(JSON.stringify(rule.seen) ?? 'nothing', VALUE_COLUMNS);
  return [
    first,
    `      ${visible(rule.field)}: the rule has ${wanted}`,
    `      the request ${seen}`,
  ];
}
