import type { ActionRules } from '@ioi/protocol';
import { namespaceOf } from '../rules.ts';
import { treeTargets } from '../subject.ts';

/**
 * One target for each class that two policies tell apart: every one they name, every one that is
 * special in itself, and for each namespace one that nobody names. What is left is denied by both.
 */
export function targetClasses(...policies: readonly ActionRules[]): readonly string[] {
  const named = new Set(policies.flatMap(({ rules }) => rules.map(({ target }) => target)));
  const classes = new Set<string>();
  for (const target of named) {
    const namespace = namespaceOf(target);
    if (namespace === undefined) {
      classes.add(target);
      continue;
    }
    for (const special of treeTargets) if (special.startsWith(namespace)) classes.add(special);
    classes.add(freshIn(namespace, named));
  }
  return [...classes].filter(isRequestTarget).sort();
}

function freshIn(namespace: string, named: ReadonlySet<string>): string {
  let fresh = `${namespace}any`;
  for (let at = 1; named.has(fresh); at += 1) fresh = `${namespace}any${at}`;
  return fresh;
}

/** A request names two to four parts; a rule may name fewer or more and then says nothing. */
function isRequestTarget(target: string): boolean {
  const parts = target.split('::').length;
  return parts >= 2 && parts <= 4;
}
