import type { ActionRules } from '@ioi/protocol';

export type Rule = ActionRules['rules'][number];
export type Action = Rule['action'];
export type Conditions = Rule['conditions'];
export type ConditionName = keyof Conditions;
export type ConditionValue<K extends ConditionName> = NonNullable<Conditions[K]>;

/** The more restrictive first (whitepaper 2.6.3). */
export const actions = ['BLOCK', 'REQUIRE_APPROVAL', 'ALLOW'] as const satisfies readonly Action[];

export function rankOf(action: Action): number {
  return actions.indexOf(action);
}

const ANY_SUFFIX = '::*';

/** Namespace of a wildcard target such as `fs::*`, with its `::`; undefined for an exact one. */
export function namespaceOf(target: string): string | undefined {
  return target.endsWith(ANY_SUFFIX) ? target.slice(0, -1) : undefined;
}

/** Whether a rule's target takes in everything a request's or another rule's target does. */
export function targetIncludes(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  const namespace = namespaceOf(outer);
  return namespace !== undefined && inner.startsWith(namespace);
}

/** The targets a rule must name to apply to this one: itself, then its namespaces, inner first. */
export function applicableTargets(target: string): readonly string[] {
  const targets = [target];
  for (let at = target.lastIndexOf('::'); at > 0; at = target.lastIndexOf('::', at - 1)) {
    targets.push(`${target.slice(0, at)}${ANY_SUFFIX}`);
  }
  return targets;
}
