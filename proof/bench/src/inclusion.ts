import { compilePolicy, type Inclusion, includes } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import { median } from './measure.ts';
import type { Report } from './report.ts';
import { makeRuleSet } from './rule-set.ts';

type Rule = ActionRules['rules'][number];

const ROUNDS = 15;
const TARGETS = { 'ms@1000': 20, 'ms@10000': 300, 'edit_ms@1000': 5 } as const;

/**
 * Whether a policy lies inside another, from both policies compiled. Three pairs: every fifth
 * ALLOW rule gone, so that it does; the same with one rule that allows everything on its target,
 * so that it does not; one rule gone. Medians; of the first two the slower counts.
 */
export function run(report: Report): void {
  for (const size of [1000, 10_000] as const) {
    const { rules } = makeRuleSet(size, 1);
    const narrow = withRules(rules, rules.rules.flatMap(narrowed));
    const last = narrow.rules.length - 1;
    const wide = withRules(
      narrow,
      narrow.rules.map((rule, at) => (at === last ? widened(rule) : rule)),
    );
    const prove = timed(rules, narrow, 'included');
    const refute = timed(rules, wide, 'refused');
    report.note(`${size} rules: ${prove.toFixed(1)} ms to prove, ${refute.toFixed(1)} to refute`);
    const figure = `ms@${size}` as const;
    const target = { op: '<=', value: TARGETS[figure] } as const;
    report.figure({ figure, value: Math.max(prove, refute), unit: 'ms', target });
    if (size > 1000) continue;
    const edited = withRules(rules, rules.rules.slice(1));
    const target_edit = { op: '<=', value: TARGETS['edit_ms@1000'] } as const;
    const value = timed(rules, edited, undefined);
    report.figure({ figure: 'edit_ms@1000', value, unit: 'ms', target: target_edit });
  }
}

function withRules(policy: ActionRules, rules: readonly Rule[]): ActionRules {
  return { ...policy, rules: [...rules] };
}

function narrowed(rule: Rule, at: number): Rule[] {
  if (rule.action !== 'ALLOW') return [rule];
  return at % 5 === 0 ? [] : [rule];
}

function widened(rule: Rule): Rule {
  return { ...rule, action: 'ALLOW', conditions: {} };
}

/** Milliseconds, once warm; fails where the answer is not the one that is right. */
function timed(
  before: ActionRules,
  after: ActionRules,
  expected: Inclusion['verdict'] | undefined,
): number {
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [was, is] = [compilePolicy(before), compilePolicy(after)];
    const start = performance.now();
    const { verdict } = includes(was, is);
    const end = performance.now();
    if (expected !== undefined && verdict !== expected) throw new Error(`it is ${verdict}`);
    if (round >= ROUNDS / 3) samples.push(end - start);
  }
  return median(samples);
}
