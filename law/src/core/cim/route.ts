import type { RuntimeToolContract } from '@ioi/protocol';
import { type PiiClass, piiClasses } from './classes.ts';
import type { Finding } from './graph.ts';

/** From the most to the least permissive. */
export const egressOutcomes = ['allow', 'transform', 'require_approval', 'deny'] as const;
export type EgressOutcome = (typeof egressOutcomes)[number];

/** What a policy says of one target or namespace: sets of classes, by what is done about them. */
export type EgressRule = {
  readonly target: string;
  readonly transform?: readonly PiiClass[];
  readonly require_approval?: readonly PiiClass[];
  readonly deny?: readonly PiiClass[];
  /** Classes whose shape alone is enough, see `assist`. */
  readonly certain?: readonly PiiClass[];
};

/** What a contract says of how much a mistake would cost. */
export type RiskSurface = Pick<RuntimeToolContract, 'effect' | 'risk_class'>;

/** What is done about one class at one target, and whether doubt counts. */
export type Route = { readonly outcome: EgressOutcome; readonly isCertain: boolean };

export type Routing = Readonly<Record<PiiClass, Route>>;

/** Whether a rule is about a target: it names it, or a namespace it is in. */
function isAbout(rule: EgressRule, target: string): boolean {
  const { target: named } = rule;
  return named === target || (named.endsWith('::*') && target.startsWith(named.slice(0, -1)));
}

/** For every class what the rules of a target come to: the strictest of them counts. */
export function routingOf(rules: readonly EgressRule[], target: string): Routing {
  const about = rules.filter((rule) => isAbout(rule, target));
  const routes = piiClasses.map((each): [PiiClass, Route] => {
    const outcomes = egressOutcomes.filter((outcome) => {
      return outcome !== 'allow' && about.some((rule) => rule[outcome]?.includes(each) === true);
    });
    const isCertain = about.some((rule) => rule.certain?.includes(each) === true);
    return [each, { outcome: outcomes.at(-1) ?? 'allow', isCertain }];
  });
  return Object.fromEntries(routes) as Routing;
}

/**
 * What is done about one finding: what the policy says of its class, with two exceptions that the
 * place and the surface make. A person looks at what cannot be rewritten instead of having it
 * transformed, and at what is ambiguous where little is at risk instead of having it denied.
 */
export function routeFinding(
  { class: piiClass, is_ambiguous, is_rewritable }: Omit<Finding, 'count'>,
  routing: Routing,
  surface: RiskSurface,
): EgressOutcome {
  const { outcome } = routing[piiClass];
  const isFixed = outcome === 'transform' && !is_rewritable;
  const isDoubtful = outcome === 'deny' && is_ambiguous && surface.risk_class === 'low';
  return isFixed || isDoubtful ? 'require_approval' : outcome;
}

/** The strictest outcome of any finding; `allow` when there is none. */
export function routeAll(
  findings: readonly Omit<Finding, 'count'>[],
  routing: Routing,
  surface: RiskSurface,
): EgressOutcome {
  const outcomes = findings.map((finding) => routeFinding(finding, routing, surface));
  return egressOutcomes.findLast((outcome) => outcomes.includes(outcome)) ?? 'allow';
}

/**
 * Whether `inner` lets nothing pass that `outer` holds back: for every class and every target,
 * an outcome at least as strict, and doubt counted at least as much. Exact.
 */
export function isEgressWithin(
  outer: readonly EgressRule[],
  inner: readonly EgressRule[],
): boolean {
  // A name no rule has stands for all targets that only a namespace speaks of.
  const targets = [...outer, ...inner].flatMap(({ target }) => {
    return target.endsWith('::*') ? [`${target.slice(0, -1)}\u0000`] : [target];
  });
  return targets.every((target) => {
    const [wide, narrow] = [routingOf(outer, target), routingOf(inner, target)];
    return piiClasses.every((each) => isAsStrict(narrow[each], wide[each]));
  });
}

function isAsStrict(narrow: Route, wide: Route): boolean {
  const rank = ({ outcome }: Route): number => egressOutcomes.indexOf(outcome);
  if (rank(narrow) < rank(wide)) return false;
  return narrow.isCertain || !wide.isCertain || wide.outcome === 'allow';
}
