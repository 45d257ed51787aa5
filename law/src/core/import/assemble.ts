import { runPolicyTests } from '../policy/examples.ts';
import { loadPolicy } from '../policy/load.ts';
import { regionIncludes } from '../policy/region.ts';
import type { Action, Rule } from '../policy/rules.ts';
import { targetIncludes } from '../policy/rules.ts';
import type {
  Params,
  Place,
  Scope,
  SourceDecision,
  SourceReading,
  Statement,
  Untranslated,
} from './statement.ts';

/** A rule as it will be written, with the line it comes from. */
export type ImportedRule = {
  readonly place: Place | undefined;
  readonly note: string | undefined;
  readonly rule: Rule;
  readonly match: readonly Params[];
  readonly notMatch: readonly Params[];
};

export type ImportedPolicy = {
  readonly rules: readonly ImportedRule[];
  readonly untranslated: readonly Untranslated[];
};

const ACTIONS = { allow: 'ALLOW', ask: 'REQUIRE_APPROVAL', deny: 'BLOCK' } as const;

/** What programs do that nothing decides: they ask. */
const OTHERWISE = ['fs::*', 'mcp::*', 'net::fetch', 'sys::exec'];

/**
 * The rules of several files as one policy that allows nothing one of them denies or asks about:
 * what stands under something that cannot be said is asked for, and what is asked about in the
 * source is not allowed by a narrower rule, as it would be here.
 */
export function assemble(readings: readonly SourceReading[]): ImportedPolicy {
  const checked = readings.flatMap(({ statements }) => statements).flatMap(check);
  const said = checked.filter((each) => 'scopes' in each);
  const untranslated = [
    ...readings.flatMap((reading) => reading.untranslated),
    ...checked.filter((each) => 'reason' in each),
  ];
  const doubtful = untranslated.filter(({ decision }) => decision === 'ask' || decision === 'deny');
  const candidates = said.flatMap((statement) =>
    statement.scopes.map((scope) => candidateOf(statement, scope, doubtful)),
  );
  const asking = candidates.filter(
    ({ decision, action }) => decision !== 'allow' && action === ASK,
  );
  const kept = candidates.filter(
    ({ action, scope }) => action !== 'ALLOW' || !asking.some((each) => holds(each.scope, scope)),
  );
  const dropped = candidates.filter((each) => !kept.includes(each));
  const asks = readings.length > 0 && readings.every(({ asksOtherwise }) => asksOtherwise);
  return {
    rules: name([...kept.map(written), ...(asks ? OTHERWISE.map(asked) : [])]),
    untranslated: [...untranslated, ...dropped.map(overruled)],
  };
}

const ASK = ACTIONS.ask;

type Candidate = {
  readonly decision: SourceDecision;
  readonly action: Action;
  readonly scope: Scope;
  readonly place: Place;
  readonly note: string | undefined;
};

/** A statement whose own examples its rules do not fit is not said by them. */
function check(statement: Statement): readonly (Statement | Untranslated)[] {
  const { decision, place, scopes } = statement;
  const fitting = scopes.map((scope) => fit(scope, actionOf(decision, scope)));
  const sound = fitting.filter((each) => each !== undefined);
  if (sound.length === scopes.length) return [{ ...statement, scopes: sound }];
  const targets = scopes.map(({ target }) => target);
  return [{ decision, place, targets, reason: 'its rule would not be about what it names' }];
}

function actionOf(decision: SourceDecision, { isAsked }: Scope): Action {
  return isAsked ? ASK : ACTIONS[decision];
}

/** The scope with those examples that hold; undefined when one does not that must. */
function fit(scope: Scope, action: Action): Scope | undefined {
  const { target, conditions, match, notMatch } = scope;
  const rule = { rule_id: 'r', target, conditions, action, match, not_match: notMatch };
  const loaded = loadPolicy(JSON.stringify({ policy_id: 'p', rules: [rule] }));
  if (!loaded.ok) return undefined;
  const results = runPolicyTests(loaded.value);
  const failed = results.filter(({ isPassed }) => !isPassed);
  if (failed.some(({ expected }) => expected === 'match')) return undefined;
  const isFailed = (at: number): boolean =>
    failed.some(({ pointer }) => pointer.endsWith(`/not_match/${at}`));
  const [canonical] = loaded.value.rules.rules;
  if (canonical === undefined) return undefined;
  return {
    ...scope,
    conditions: canonical.conditions,
    notMatch: notMatch.filter((_, at) => !isFailed(at)),
  };
}

function candidateOf(
  { decision, place, note }: Statement,
  scope: Scope,
  doubtful: readonly Untranslated[],
): Candidate {
  const action = actionOf(decision, scope);
  const doubt = doubtful.find(({ targets }) => targets.some((each) => touches(each, scope.target)));
  if (action !== 'ALLOW' || doubt === undefined) return { decision, action, scope, place, note };
  const why = `asked for: ${doubt.place.file}:${doubt.place.line} cannot be said here`;
  // A rule that asks is about more than one that allows: fewer of the examples may hold.
  const fitted = fit(scope, ASK) ?? { ...scope, match: [], notMatch: [] };
  return { decision, action: ASK, scope: fitted, place, note: why };
}

function touches(left: string, right: string): boolean {
  return left === '*' || targetIncludes(left, right) || targetIncludes(right, left);
}

function holds(outer: Scope, inner: Scope): boolean {
  return regionIncludes(ruleOf(outer, ASK), ruleOf(inner, 'ALLOW'));
}

function ruleOf({ target, conditions }: Scope, action: Action): Rule {
  return { rule_id: '', target, conditions, action };
}

function overruled({ place, scope }: Candidate): Untranslated {
  const reason = 'another entry asks about all of it, and there asking stands over allowing';
  return { decision: 'allow', place, targets: [scope.target], reason };
}

function written({ action, scope, place, note }: Candidate): ImportedRule {
  const { match, notMatch } = scope;
  return { place, note, rule: ruleOf(scope, action), match, notMatch };
}

function asked(target: string): ImportedRule {
  const rule = { rule_id: '', target, conditions: {}, action: ASK };
  const note = 'nothing in the sources decides this: they ask';
  return { place: undefined, note, rule, match: [], notMatch: [] };
}

/** Named by what they do and their place among those; the same rule twice is one. */
function name(rules: readonly ImportedRule[]): readonly ImportedRule[] {
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  return rules.flatMap((each) => {
    const { target, conditions, action } = each.rule;
    const said = JSON.stringify([target, conditions, action]);
    if (seen.has(said)) return [];
    seen.add(said);
    const verb = { ALLOW: 'allow', BLOCK: 'deny', REQUIRE_APPROVAL: 'ask' }[action];
    const stem = `${verb}_${target.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}`;
    const count = (counts.get(stem) ?? 0) + 1;
    counts.set(stem, count);
    const rule_id = count === 1 ? stem : `${stem}_${count}`;
    return [{ ...each, rule: { ...each.rule, rule_id } }];
  });
}
