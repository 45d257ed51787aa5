import { spawnSync } from 'node:child_process';
import type { ActionRules } from '@ioi/protocol';

/**
 * Pairs of policies as questions to an SMT solver: is there a request that the second lets go
 * further? Hosts, apps, caps and the fact of existence; what may be missing is a Boolean beside.
 */

type Rule = ActionRules['rules'][number];
type Pair = { readonly before: ActionRules; readonly after: ActionRules };

const UNITS = ['usd', 'eur'];
const RANKS = { BLOCK: 0, REQUIRE_APPROVAL: 1, ALLOW: 2 } as const;

const DECLARATIONS = `
(declare-const has_host Bool) (declare-const host String)
(declare-const has_app Bool) (declare-const app String)
(declare-const unit Int) (declare-const amount Real)
(declare-const knows_there Bool) (declare-const there Bool)
(assert (>= amount 0.0))`;

/** Whether cvc5 answers here. */
export function hasSolver(): boolean {
  return spawnSync('cvc5', ['--version']).status === 0;
}

/** One answer for each pair and target: whether some request goes further. */
export function askSolver(pairs: readonly Pair[], targets: readonly string[]): readonly boolean[] {
  const questions = pairs.flatMap((pair) => targets.map((target) => questionOf(pair, target)));
  const input = ['(set-logic ALL)', DECLARATIONS, ...questions].join('\n');
  const { stdout, stderr } = spawnSync(
    'cvc5',
    ['--incremental', '--strings-exp', '--lang', 'smt2', '-'],
    {
      input,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  const answers = stdout.trim().split('\n');
  if (answers.length !== questions.length || !answers.every((each) => /^(un)?sat$/.test(each))) {
    throw new Error(`cvc5 answered otherwise than expected: ${stderr || stdout.slice(0, 200)}`);
  }
  return pairs.map((_, at) =>
    targets.some((__, which) => answers[at * targets.length + which] === 'sat'),
  );
}

function questionOf({ before, after }: Pair, target: string): string {
  const further = `(> ${decisionOf(after, target)} ${decisionOf(before, target)})`;
  return `(push) (assert ${further}) (check-sat) (pop)`;
}

/** The rank of the decision as a term over the request. */
function decisionOf({ rules }: ActionRules, target: string): string {
  const applying = rules.filter((rule) => isWithin(target, rule.target));
  const blocking = applying.filter(({ action }) => action === 'BLOCK');
  const others = applying.filter(({ action }) => action !== 'BLOCK');
  const prevails = (rule: Rule): string => {
    const inner = others.filter((other) => isInside(other, rule) && !isInside(rule, other));
    return and([matchOf(rule), ...inner.map((other) => `(not ${matchOf(other)})`)]);
  };
  const prevailing = (action: Rule['action']): string =>
    or(others.filter((rule) => rule.action === action).map(prevails));
  const asks = prevailing('REQUIRE_APPROVAL');
  const allows = `(ite ${prevailing('ALLOW')} ${RANKS.ALLOW} 0)`;
  const rest = `(ite ${asks} ${RANKS.REQUIRE_APPROVAL} ${allows})`;
  return `(ite ${or(blocking.map(matchOf))} 0 ${rest})`;
}

function isWithin(target: string, pattern: string): boolean {
  return target === pattern || (pattern.endsWith('::*') && target.startsWith(pattern.slice(0, -1)));
}

/** Whether all that the one says, the other says too. */
function isInside(inner: Rule, outer: Rule): boolean {
  const [a, b] = [inner.conditions, outer.conditions];
  const isPart = (has: boolean, wants: boolean, holds: () => boolean): boolean =>
    !wants || (has && holds());
  const within = (host: string, domain: string): boolean =>
    host === domain || host.endsWith(`.${domain}`);
  const { allow_domains: hosts = [], allow_apps: apps = [], max_spend: cap } = a;
  return (
    isWithin(inner.target, outer.target) &&
    isPart(hosts.length > 0, b.allow_domains !== undefined, () =>
      hosts.every((host) => b.allow_domains?.some((domain) => within(host, domain))),
    ) &&
    isPart(apps.length > 0, b.allow_apps !== undefined, () =>
      apps.every((app) => b.allow_apps?.includes(app)),
    ) &&
    isPart(cap !== undefined, b.max_spend !== undefined, () => {
      return cap?.unit === b.max_spend?.unit && Number(cap?.amount) <= Number(b.max_spend?.amount);
    }) &&
    isPart(true, b.target_exists !== undefined, () => a.target_exists === b.target_exists)
  );
}

function matchOf({ conditions, action }: Rule): string {
  const { allow_domains, allow_apps, max_spend, target_exists } = conditions;
  const parts: string[] = [];
  // What is missing keeps an ALLOW rule from matching, and no other.
  const add = (known: string, holds: string): void => {
    parts.push(action === 'ALLOW' ? and([known, holds]) : or([`(not ${known})`, holds]));
  };
  if (allow_domains) add('has_host', or(allow_domains.map(withinTerm)));
  if (allow_apps) add('has_app', or(allow_apps.map((app) => `(= app "${app}")`)));
  if (max_spend) {
    const unit = UNITS.indexOf(max_spend.unit) + 1;
    add(`(= unit ${unit})`, `(<= amount ${Number(max_spend.amount).toFixed(1)})`);
  }
  if (target_exists !== undefined) add('knows_there', `(= there ${target_exists})`);
  return and(parts);
}

function withinTerm(domain: string): string {
  return `(or (= host "${domain}") (str.suffixof ".${domain}" host))`;
}

function and(terms: readonly string[]): string {
  return terms.length === 0 ? 'true' : `(and true ${terms.join(' ')})`;
}

function or(terms: readonly string[]): string {
  return terms.length === 0 ? 'false' : `(or false ${terms.join(' ')})`;
}
