import type { ActionRules, OrganisationSettings, PolicyBundle, Rejection } from '@ioi/protocol';
import { type Contradiction, contradictionIn } from '../policy/index.ts';

type Said = {
  readonly rules: ActionRules;
  readonly settings?: PolicyBundle['settings'];
};

/**
 * `bundle.contradictory` with the place, where a bundle says two things of the same; undefined
 * where it does not. It is asked before a bundle is signed and before a node takes it, and never
 * of one that is in force: of two rules the more restrictive decides there in any case.
 */
export function contradictoryBundle({ rules, settings = {} }: Said): Rejection | undefined {
  const found = contradictionIn(rules) ?? inRoles(settings) ?? inWitnesses(settings);
  if (found === undefined) return undefined;
  return { code: 'bundle.contradictory', message: `${found.at}: ${found.message}` };
}

function inRoles({ roles }: OrganisationSettings): Contradiction | undefined {
  const { groups = [], break_glass: people = [], keys = [] } = roles ?? {};
  const named = firstTwice(groups, ({ group }) => group);
  if (named !== undefined) {
    const [at, { group, role }, before] = named;
    const message = `group ${group} is ${before.role} already, and ${role} here`;
    return { at: `/settings/roles/groups/${at}`, message };
  }
  const person = firstTwice(people, ({ subject }) => subject);
  if (person !== undefined) {
    const message = `${person[1].subject} has another key or time already`;
    return { at: `/settings/roles/break_glass/${person[0]}`, message };
  }
  const shared = firstTwice(people, ({ public_key }) => public_key.ed25519);
  if (shared !== undefined) {
    const message = `${shared[1].subject} has the key of ${shared[2].subject}`;
    return { at: `/settings/roles/break_glass/${shared[0]}/public_key`, message };
  }
  const called = keys.filter(({ kid }) => kid !== undefined);
  const key = firstTwice(called, ({ kid, algorithm }) => `${algorithm} ${kid}`);
  if (key === undefined) return undefined;
  const message = `another key is called ${key[1].kid} already, so neither verifies anything`;
  return { at: `/settings/roles/keys/${keys.indexOf(key[1])}/kid`, message };
}

function inWitnesses({ witnesses = [] }: OrganisationSettings): Contradiction | undefined {
  const name = firstTwice(witnesses, (each) => each.name);
  if (name !== undefined) {
    return { at: `/settings/witnesses/${name[0]}/name`, message: `${name[1].name} is taken` };
  }
  const place = firstTwice(witnesses, ({ url }) => url.replace(/\/+$/, ''));
  if (place === undefined) return undefined;
  const [at, { name: one }, { name: other }] = place;
  return { at: `/settings/witnesses/${at}/url`, message: `${one} is at the address of ${other}` };
}

/** Where something is named that was named before, and both. */
function firstTwice<T>(
  all: readonly T[],
  nameOf: (each: T) => string,
): readonly [number, T, T] | undefined {
  const seen = new Map<string, T>();
  for (const [at, each] of all.entries()) {
    const before = seen.get(nameOf(each));
    if (before !== undefined) return [at, each, before];
    seen.set(nameOf(each), each);
  }
  return undefined;
}
