import type { Money } from '@ioi/protocol';
import {
  commandTexts,
  distinct,
  generaliseCommands,
  generaliseHosts,
  generalisePaths,
  holdsTooMuch,
  isShared,
} from '../learn/generalise.ts';
import { scaleAmount } from '../policy/index.ts';
import { printMethodEntry } from '../policy/methods.ts';
import { printPattern } from '../policy/path.ts';
import type { Conditions, Rule } from '../policy/rules.ts';
import type { Member } from './answered.ts';

const NEVER = (): boolean => false;

/**
 * Regions that hold the approved requests, the widest first, each inside the rule that asks as far
 * as that can be said: what that rule says besides is said again. Empty where no condition could
 * bound what was approved.
 */
export function regionsOf(
  members: readonly Member[],
  asking: Rule,
  mayPropose: (folder: string) => boolean,
): readonly Conditions[] {
  const [first] = members;
  if (first === undefined) return [];
  const shared = {
    ...asking.conditions,
    ...existence(first),
    ...amounts(members),
    ...origins(members),
  };
  const regions = [mayPropose, undefined].flatMap((may) =>
    placesOf(members, asking, may).map((places): Conditions => ({ ...shared, ...places })),
  );
  const texts = regions.map((region) => JSON.stringify(region));
  return regions.filter((_region, at) => texts.indexOf(texts[at] ?? '') === at);
}

function placesOf(
  members: readonly Member[],
  asking: Rule,
  mayPropose: ((folder: string) => boolean) | undefined,
): readonly Conditions[] {
  const isWide = mayPropose !== undefined;
  switch (members[0]?.shape.kind) {
    case 'paths':
      return pathsOf(members, asking, mayPropose ?? NEVER);
    case 'hosts':
      if (members.some(({ subject }) => isShared(subject.host ?? ''))) return [];
      return [hostsOf(members, isWide)];
    case 'commands': {
      const commands = commandsOf(members, isWide);
      // Where a command runs and what it names is bounded too, as it was.
      if (commands === undefined) return [];
      return pathsOf(members, asking, NEVER).map((each) => {
        return { allow_commands: [...commands], ...each };
      });
    }
    default:
      return [];
  }
}

/** As the rule that asks speaks of them: in full, or as seen from the workspace. */
function pathsOf(
  members: readonly Member[],
  { conditions }: Rule,
  mayPropose: (folder: string) => boolean,
): readonly Conditions[] {
  const paths = members.flatMap(({ subject }) =>
    subject.paths.map(({ components }) => printPattern({ isAbsolute: true, components })),
  );
  const isSaid = paths.every((path) => !path.includes('*'));
  if (!isSaid || members.some(({ subject }) => subject.hasUnreadPath)) return [];
  const roots = distinct(members.map(({ facts }) => facts.workspace_root ?? ''));
  const places = generalisePaths(paths, mayPropose);
  if (places.some((each) => holdsTooMuch(each, roots))) return [];
  const spoken = conditions.allow_paths ?? ['/'];
  const whole = { allow_paths: [...places] };
  const said = spoken.some((each) => each.startsWith('/')) ? [whole] : [];
  const [root = '', ...others] = roots;
  const isInside = places.every((each) => `${each}/`.startsWith(`${root}/`));
  if (root === '' || others.length > 0 || !isInside) return said;
  if (spoken.every((each) => each.startsWith('/'))) return said;
  return [...said, { allow_paths: places.map((each) => `.${each.slice(root.length)}`) }];
}

function hostsOf(members: readonly Member[], isWide: boolean): Conditions {
  const hosts = distinct(members.flatMap(({ subject }) => subject.host ?? []));
  const goes = members.map(({ subject }) => subject.destination);
  const known = <T>(values: readonly (T | undefined)[], name: string) => {
    const given = values.filter((value) => value !== undefined).map(String);
    return given.length < members.length ? {} : { [name]: [...distinct(given)] };
  };
  return {
    allow_domains: [...(isWide ? generaliseHosts(hosts) : hosts)],
    ...known(
      goes.map(({ protocol }) => protocol),
      'allow_protocols',
    ),
    ...known(
      goes.map(({ port }) => port),
      'allow_ports',
    ),
    ...known(
      goes.map(({ method, path }) => method && path && printMethodEntry({ method, path })),
      'allow_methods',
    ),
  };
}

/** A word that differed is one word, and no option; never any more words. */
function commandsOf(members: readonly Member[], isWide: boolean): readonly string[] | undefined {
  const commands = members.flatMap(({ shape }) => {
    return shape.kind === 'commands' ? shape.values : [];
  });
  const texts = commandTexts(commands);
  if (texts === undefined || !isWide) return texts;
  const patterns = generaliseCommands(commands) ?? [];
  return distinct(
    patterns.flatMap((pattern) => {
      if (!pattern.endsWith(' **')) return [pattern];
      const shared = pattern.slice(0, -' **'.length);
      return texts
        .filter((text) => `${text} `.startsWith(`${shared} `))
        .map((text) => `${shared}${text.slice(shared.length).replaceAll(/ [^ ]+/g, ' *')}`);
    }),
  );
}

function existence({ facts }: Member): Conditions {
  const { target_exists } = facts;
  return target_exists === undefined ? {} : { target_exists };
}

/** No amount above the largest that was approved. */
function amounts(members: readonly Member[]): Conditions {
  let most: Money | undefined;
  for (const { subject } of members) {
    const money = subject.amount?.money;
    if (money === undefined) return {};
    const isMore = (scaleAmount(money.amount) ?? 0n) > (scaleAmount(most?.amount ?? '0') ?? 0n);
    if (most === undefined || isMore) most = money;
  }
  return most === undefined ? {} : { max_spend: most };
}

/** Values come from nowhere else than they did, where the node looks at that. */
function origins(members: readonly Member[]): Conditions {
  const seen = members.map(({ facts }) => facts.provenance);
  if (seen.some((each) => each === undefined)) return {};
  const named = distinct(seen.flatMap((each) => each?.destinations ?? []));
  const isRequested = seen.every((each) => each?.requested === true);
  return {
    ...(named.length > 0
      ? { allow_origins: named as NonNullable<Conditions['allow_origins']> }
      : {}),
    ...(isRequested ? { requested: true } : {}),
  };
}
