import type { Pausing } from '@ioi/basis';
import { type Components, isPattern, readPattern } from '../path.ts';
import { treeTargets } from '../subject.ts';
import { type Choice, type Element, Elements, isFatal } from './elements.ts';
import { type Expected, nameClasses } from './globs.ts';
import type { LiveRule } from './live-rule.ts';
import { fitsPart, guardPart, isFolded, isSpellable } from './parts.ts';
import { type Entry, type PathState, type Reading, startOf } from './path-states.ts';
import type { Work } from './work.ts';

type Entries = {
  readonly absolute: Reading;
  /** Entries of ALLOW rules that start at the workspace. */
  readonly relative: Reading;
  /** The same of rules that restrict: the workspace too fits in upper and lower case. */
  readonly guarded: Reading;
  /** Rules that restrict whatever the path, since an entry of theirs cannot be read. */
  readonly always: readonly LiveRule[];
  /** Whether the target acts on whole trees. */
  readonly onTrees: boolean;
};

/**
 * What a request may say of paths: nothing that can be read; or some paths, with or without a
 * workspace. With each workspace that the entries tell apart come all paths that they do.
 */
export function* pathChoices(
  rules: readonly LiveRule[],
  target: string,
  work: Work,
): Pausing<readonly Choice[]> {
  const entries = entriesOf(rules, treeTargets.includes(target), work);
  const choices: Choice[] = [
    { fragment: {}, elements: undefined },
    ...(yield* placedChoices(entries, undefined, work)),
  ];
  if (entries.relative.entries.length + entries.guarded.entries.length === 0) return choices;
  const seen = new Set<string>();
  for (const workspace of workspaces(entries, work)) {
    if (workspace === undefined) {
      yield;
      continue;
    }
    const [plain, started] = yield* placedChoices(entries, workspace, work);
    const key = [plain, started].map((choice) => keyOfElements(choice.elements ?? [])).join('#');
    if (seen.has(key) || spell(workspace).length > 4096) continue;
    seen.add(key);
    choices.push(plain, started);
  }
  return choices;
}

/**
 * Paths that a request names; and such with commands beside, which act on trees whatever the
 * target, and start somewhere: a path that guards look at as it is, and not from above.
 */
function* placedChoices(
  entries: Entries,
  workspace: Components | undefined,
  work: Work,
): Pausing<readonly [Choice, Choice]> {
  const fragment = workspace ? { facts: { workspace_root: spell(workspace) } } : {};
  const { onTrees, here } = yield* pathElements(entries, workspace, work);
  const starts = here.map(
    (element) => ({ ...element, key: `start ${element.key}`, isStart: true }) as const,
  );
  return [
    { fragment, elements: entries.onTrees ? onTrees : here, starts: false },
    { fragment, elements: [...onTrees, ...starts], starts: true },
  ];
}

function keyOfElements(elements: readonly Element[]): string {
  return elements.map((element) => `[${element.key}]`).join('');
}

function entriesOf(rules: readonly LiveRule[], onTrees: boolean, work: Work): Entries {
  const absolute: Entry[] = [];
  const relative: Entry[] = [];
  const guarded: Entry[] = [];
  for (const isGuard of [false, true]) {
    const sharing = rules.filter(({ compiled }) => compiled.isRestrictive === isGuard);
    for (const [text, its] of rulesByEntry(sharing)) {
      const pattern = readPattern(text);
      if (!isPattern(pattern)) continue;
      const { components, isAbsolute } = pattern;
      if (isGuard && !components.every(isSpellable)) {
        work.giveUp('letters beyond ASCII in guarded paths are not compared');
      }
      const parts = isGuard ? components.map(guardPart) : components;
      const ofWorkspace = isGuard ? guarded : relative;
      (isAbsolute ? absolute : ofWorkspace).push({ components: parts, rules: its });
    }
  }
  const always = rules.filter(
    ({ compiled, checks }) => compiled.isRestrictive && !compiled.isReadable && checks.has('paths'),
  );
  return {
    absolute: { entries: absolute, isFatal: isFatalPath },
    relative: { entries: relative, isFatal: isFatalPath },
    guarded: { entries: guarded, isFatal: isFatalPath },
    always,
    onTrees,
  };
}

function rulesByEntry(rules: readonly LiveRule[]): ReadonlyMap<string, readonly LiveRule[]> {
  const byText = new Map<string, LiveRule[]>();
  for (const rule of rules) {
    for (const entry of rule.rule.conditions.allow_paths ?? []) {
      const sharing = byText.get(entry);
      if (sharing === undefined) byText.set(entry, [rule]);
      else sharing.push(rule);
    }
  }
  return byText;
}

function anyFatal(rules: ReadonlySet<LiveRule>): boolean {
  for (const rule of rules) if (isFatalPath(rule)) return true;
  return false;
}

function isFatalPath(rule: LiveRule): boolean {
  return isFatal(rule, 'paths');
}

/** Where a path is, seen from the workspace: that many components towards it, or below, or off. */
type Relation = number | 'below' | 'off';

type FromWorkspace = { readonly relation: Relation; readonly state: PathState | undefined };

type Walk = {
  readonly path: Components;
  readonly absolute: PathState;
  readonly relative: FromWorkspace;
  /** The same for guards, which fit the workspace in upper and lower case. */
  readonly guarded: FromWorkspace;
};

/** One path for every set of rules that some path meets, as part of a tree and by itself. */
function* pathElements(
  entries: Entries,
  workspace: Components | undefined,
  work: Work,
): Pausing<{ readonly onTrees: readonly Element[]; readonly here: readonly Element[] }> {
  const [ofRelative, ofGuarded] = [startOf(entries.relative), startOf(entries.guarded)];
  const from = (relation: Relation, start: PathState): FromWorkspace =>
    relation === workspace?.length
      ? { relation: 'below', state: start }
      : { relation, state: undefined };
  const go = (
    { relation, state }: FromWorkspace,
    name: string,
    isGuard: boolean,
  ): FromWorkspace => {
    if (state !== undefined) return { relation, state: state.after(name) };
    const towards = typeof relation === 'number' ? workspace?.[relation] : undefined;
    const isTowards =
      towards !== undefined && fitsPart(isGuard ? guardPart(towards) : towards, name);
    const next = isTowards ? Number(relation) + 1 : 'off';
    return from(next, isGuard ? ofGuarded : ofRelative);
  };
  const first = workspace === undefined ? 'off' : 0;
  const start: Walk = {
    path: [],
    absolute: startOf(entries.absolute),
    relative: from(first, ofRelative),
    guarded: from(first, ofGuarded),
  };
  const onward = ({ path, absolute, relative, guarded }: Walk, name: string): Walk => ({
    path: [...path, name],
    absolute: absolute.after(name),
    relative: go(relative, name, false),
    guarded: go(guarded, name, true),
  });
  const [onTrees, here] = [new Elements(), new Elements()];
  for (const walk of walks(start, onward, workspace, work)) {
    if (walk === undefined) {
      yield;
      continue;
    }
    const path = spell(walk.path);
    const met = rulesMet(entries, walk, workspace !== undefined);
    if (!anyFatal(met)) here.add(path, met);
    const metOnTrees = withGuards(entries, walk, met);
    if (!anyFatal(metOnTrees)) onTrees.add(path, metOnTrees);
  }
  return { onTrees: onTrees.all(), here: here.all() };
}

/** Every state that paths lead to, once, by a shortest path. */
function* walks(
  start: Walk,
  onward: (walk: Walk, name: string) => Walk,
  workspace: Components | undefined,
  work: Work,
): Generator<Walk | undefined> {
  const seen = new Set([walkKey(start)]);
  const waiting = [start];
  for (let at = 0; at < waiting.length; at += 1) {
    const walk = waiting[at] as Walk;
    yield walk;
    if (isOver(walk)) continue;
    for (const name of yield* namesAt(walk, workspace, work)) {
      if (work.isDue()) yield;
      if (!work.spend(2 + costOf(walk))) return;
      const next = onward(walk, name);
      const key = walkKey(next);
      if (seen.has(key)) continue;
      seen.add(key);
      waiting.push(next);
    }
  }
}

function statesOf({ absolute, relative, guarded }: Walk): readonly PathState[] {
  return [absolute, relative.state, guarded.state].filter((state) => state !== undefined);
}

function costOf(walk: Walk): number {
  return statesOf(walk).reduce((sum, { cost }) => sum + cost, 0);
}

/** Whether all that is below it meets the same rules. */
function isOver(walk: Walk): boolean {
  const states = statesOf(walk);
  if (states.some((state) => state.isFatal)) return true;
  const isOpen = states.some(({ open }) => open.length > 0);
  // The exact way to the workspace is one that guards know too.
  return !isOpen && typeof walk.guarded.relation !== 'number';
}

function walkKey({ absolute, relative, guarded }: Walk): string {
  const ways = [relative, guarded].map(({ relation, state }) => `${relation}#${state?.key}`);
  return [absolute.key, ...ways].join('#');
}

/** Names that the entries expect here, and one for each way of being none of those. */
function* namesAt(
  walk: Walk,
  workspace: Components | undefined,
  work: Work,
): Pausing<readonly string[]> {
  const states = statesOf(walk);
  const names = new Set(states.flatMap((state) => [...state.names]));
  const guards = new Set(states.flatMap((state) => [...state.guards]));
  const wildcards = states.flatMap((state) => state.wildcards);
  const { relation } = walk.guarded;
  const towards = typeof relation === 'number' ? workspace?.[relation] : undefined;
  if (towards !== undefined) {
    names.add(towards);
    if (isFolded(guardPart(towards))) guards.add(guardPart(towards));
  }
  return [...names, ...(yield* nameClasses({ names, guards, wildcards }, work))];
}

/** The rules that one path alone meets. */
function rulesMet(entries: Entries, walk: Walk, hasWorkspace: boolean): ReadonlySet<LiveRule> {
  const { guarded, always } = entries;
  const met = new Set([...always, ...statesOf(walk).flatMap((state) => [...state.met])]);
  // Nobody can say what a relative entry means without a workspace.
  if (!hasWorkspace) for (const entry of guarded.entries) addRestrictive(met, entry);
  return met;
}

/** Those, and the rules that guard something below the path. */
function withGuards(
  { guarded }: Entries,
  walk: Walk,
  alone: ReadonlySet<LiveRule>,
): ReadonlySet<LiveRule> {
  const isAbove = typeof walk.guarded.relation === 'number';
  const open = statesOf(walk).flatMap((state) => state.open);
  const guards = isAbove ? [...open, ...guarded.entries] : open;
  if (guards.length === 0) return alone;
  const met = new Set(alone);
  // An entry that begins with `**` goes by names, not places: nothing is above it.
  for (const entry of guards) if (entry.components[0] !== '**') addRestrictive(met, entry);
  return met;
}

function addRestrictive(met: Set<LiveRule>, { rules }: Entry): void {
  for (const rule of rules) if (rule.compiled.isRestrictive) met.add(rule);
}

/**
 * Workspaces that entries tell apart. What counts is which entries the workspace has met, what can
 * be met on the way to it and beside it. A name that no entry knows has others like it beside it,
 * so from there on nothing more can be told; before, the names themselves are the difference.
 */
function* workspaces(
  { absolute, guarded }: Entries,
  work: Work,
): Generator<Components | undefined> {
  const root = startOf(absolute);
  type Site = { path: Components; state: PathState; passed: string; isLoose: boolean };
  const keyOf = ({ state, passed }: Site): string => `${state.key}#${passed}`;
  const start: Site = { path: [], state: root, passed: '', isLoose: false };
  const seen = new Set([keyOf(start)]);
  const waiting = [start];
  for (let at = 0; at < waiting.length; at += 1) {
    const site = waiting[at] as Site;
    yield site.path;
    const { state, path } = site;
    const expected = guarded.entries.length > 0 ? spelt(state) : state;
    const [fresh = '', ...classes] = yield* nameClasses(expected, work);
    for (const name of [...state.names, ...classes, fresh]) {
      if (work.isDue()) yield;
      if (!work.spend(10 + state.cost + passedSize(site.passed))) return;
      const isLoose = site.isLoose || name === fresh;
      const step = `${isLoose ? '' : name}/${state.key}`;
      const passed = [...new Set([...site.passed.split('\n'), step])].sort().join('\n');
      const next = { path: [...path, name], state: state.after(name), passed, isLoose };
      const key = keyOf(next);
      if (seen.has(key)) continue;
      seen.add(key);
      waiting.push(next);
    }
  }
}

/** Guards fit the workspace also where it is spelt otherwise than a rule that allows has it. */
function spelt({ names, guards, wildcards }: Expected): Expected {
  return {
    names,
    guards: new Set([...guards, ...[...names].map(guardPart).filter(isFolded)]),
    wildcards: [...wildcards, ...wildcards.map(guardPart)],
  };
}

function passedSize(passed: string): number {
  return passed.length / 64;
}

function spell(path: Components): string {
  return `/${path.join('/')}`;
}
