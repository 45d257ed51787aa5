import { type Components, isPattern, readPattern } from '../path.ts';
import { treeTargets } from '../subject.ts';
import { type Choice, type Element, Elements, isFatal } from './elements.ts';
import { nameClasses } from './globs.ts';
import type { LiveRule } from './live-rule.ts';
import { type Entry, type PathState, type Reading, startOf } from './path-states.ts';
import type { Pausing, Work } from './work.ts';

type Entries = {
  readonly absolute: Reading;
  readonly relative: Reading;
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
  const entries = entriesOf(rules, treeTargets.includes(target));
  const choices: Choice[] = [
    { fragment: {}, elements: undefined },
    ...(yield* placedChoices(entries, undefined, work)),
  ];
  if (entries.relative.entries.length === 0) return choices;
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

function entriesOf(rules: readonly LiveRule[], onTrees: boolean): Entries {
  const byText = new Map<string, LiveRule[]>();
  for (const rule of rules) {
    for (const entry of rule.rule.conditions.allow_paths ?? []) {
      const sharing = byText.get(entry);
      if (sharing === undefined) byText.set(entry, [rule]);
      else sharing.push(rule);
    }
  }
  const absolute: Entry[] = [];
  const relative: Entry[] = [];
  for (const [text, sharing] of byText) {
    const pattern = readPattern(text);
    if (!isPattern(pattern)) continue;
    const { components, isAbsolute } = pattern;
    (isAbsolute ? absolute : relative).push({ components, rules: sharing });
  }
  const always = rules.filter(
    ({ compiled, checks }) => compiled.isRestrictive && !compiled.isReadable && checks.has('paths'),
  );
  return {
    absolute: { entries: absolute, isFatal: isFatalPath },
    relative: { entries: relative, isFatal: isFatalPath },
    always,
    onTrees,
  };
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

type Walk = {
  readonly path: Components;
  readonly absolute: PathState;
  readonly relative: PathState | undefined;
  readonly relation: Relation;
};

/** One path for every set of rules that some path meets, as part of a tree and by itself. */
function* pathElements(
  entries: Entries,
  workspace: Components | undefined,
  work: Work,
): Pausing<{ readonly onTrees: readonly Element[]; readonly here: readonly Element[] }> {
  const relativeStart = startOf(entries.relative);
  const begin = (relation: Relation): Pick<Walk, 'relation' | 'relative'> =>
    relation === workspace?.length
      ? { relation: 'below', relative: relativeStart }
      : { relation, relative: undefined };
  const start: Walk = {
    path: [],
    absolute: startOf(entries.absolute),
    ...begin(workspace === undefined ? 'off' : 0),
  };
  const onward = (walk: Walk, name: string): Walk => {
    const { relation, relative } = walk;
    const path = [...walk.path, name];
    const absolute = walk.absolute.after(name);
    if (relative !== undefined) {
      return { path, absolute, relation, relative: relative.after(name) };
    }
    const isTowards = typeof relation === 'number' && workspace?.[relation] === name;
    return { path, absolute, ...begin(isTowards ? relation + 1 : 'off') };
  };
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

function costOf({ absolute, relative }: Walk): number {
  return absolute.cost + (relative?.cost ?? 0);
}

/** Whether all that is below it meets the same rules. */
function isOver({ absolute, relative, relation }: Walk): boolean {
  if (absolute.isFatal || relative?.isFatal) return true;
  const isOpen = absolute.open.length > 0 || (relative?.open.length ?? 0) > 0;
  return !isOpen && typeof relation !== 'number';
}

function walkKey({ absolute, relative, relation }: Walk): string {
  return `${absolute.key}#${relation}#${relative?.key}`;
}

/** Names that the entries expect here, and one for each way of being none of those. */
function* namesAt(
  { absolute, relative, relation }: Walk,
  workspace: Components | undefined,
  work: Work,
): Pausing<readonly string[]> {
  const names = new Set([...absolute.names, ...(relative?.names ?? [])]);
  const towards = typeof relation === 'number' ? workspace?.[relation] : undefined;
  if (towards !== undefined) names.add(towards);
  const wildcards = [...absolute.wildcards, ...(relative?.wildcards ?? [])];
  return [...names, ...(yield* nameClasses(wildcards, names, work))];
}

/** The rules that one path alone meets. */
function rulesMet(
  { relative, always }: Entries,
  { absolute, relative: below }: Walk,
  hasWorkspace: boolean,
): ReadonlySet<LiveRule> {
  const met = new Set([...always, ...absolute.met, ...(below?.met ?? [])]);
  // Nobody can say what a relative entry means without a workspace.
  if (!hasWorkspace) for (const entry of relative.entries) addRestrictive(met, entry);
  return met;
}

/** Those, and the rules that guard something below the path. */
function withGuards(
  { relative }: Entries,
  { absolute, relative: below, relation }: Walk,
  alone: ReadonlySet<LiveRule>,
): ReadonlySet<LiveRule> {
  const isAbove = typeof relation === 'number';
  const open = [...absolute.open, ...(below?.open ?? []), ...(isAbove ? relative.entries : [])];
  if (open.length === 0) return alone;
  const met = new Set(alone);
  // An entry that begins with `**` goes by names, not places: nothing is above it.
  for (const entry of open) if (entry.components[0] !== '**') addRestrictive(met, entry);
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
function* workspaces({ absolute }: Entries, work: Work): Generator<Components | undefined> {
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
    const [fresh = '', ...classes] = yield* nameClasses(state.wildcards, state.names, work);
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

function passedSize(passed: string): number {
  return passed.length / 64;
}

function spell(path: Components): string {
  return `/${path.join('/')}`;
}
