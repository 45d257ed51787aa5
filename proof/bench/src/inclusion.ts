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
 * ALLOW rule gone and every BLOCK rule with an entry more, so that it does; the same with one rule
 * that allows everything on its target, so that it does not; one BLOCK rule with a path
 * more. Medians; of the first two the slower counts.
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
    const first = rules.rules.findIndex(
      ({ action, conditions }) => action === 'BLOCK' && conditions.allow_paths,
    );
    const edited = withRules(
      rules,
      rules.rules.map((rule, at) => (at === first ? blockingMore(rule) : rule)),
    );
    const target_edit = { op: '<=', value: TARGETS['edit_ms@1000'] } as const;
    const value = timed(rules, edited, 'included');
    report.figure({ figure: 'edit_ms@1000', value, unit: 'ms', target: target_edit });
  }
}

function withRules(policy: ActionRules, rules: readonly Rule[]): ActionRules {
  return { ...policy, rules: [...rules] };
}

function narrowed(rule: Rule, at: number): Rule[] {
  if (rule.action !== 'ALLOW') return [blockingMore(rule)];
  return at % 5 === 0 ? [] : [rule];
}

function blockingMore(rule: Rule): Rule {
  const { allow_domains, allow_paths, allow_apps } = rule.conditions;
  if (rule.action !== 'BLOCK') return rule;
  const conditions = {
    ...rule.conditions,
    ...(allow_domains && { allow_domains: [...allow_domains, 'more.example.com'] }),
    ...(allow_paths && { allow_paths: [...allow_paths, '/home/user/more'] }),
    ...(allow_apps && { allow_apps: [...allow_apps, 'More'] }),
  };
  return { ...rule, conditions };
}

function widened(rule: Rule): Rule {
  return { ...rule, action: 'ALLOW', conditions: {} };
}

/** Milliseconds, once warm; fails where the answer is not the one that is right. */
function timed(before: ActionRules, after: ActionRules, expected: Inclusion['verdict']): number {
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [was, is] = [compilePolicy(before), compilePolicy(after)];
    const start = performance.now();
    const { verdict } = includes(was, is);
    const end = performance.now();
    if (verdict !== expected) throw new Error(`it is ${verdict}`);
    if (round >= ROUNDS / 3) samples.push(end - start);
  }
  return median(samples);
}
