import type { CompiledRule } from './compile-rule.ts';
import { isGlob, isPattern, readPattern } from './path.ts';
import { foldPattern } from './path-case.ts';
import type { Place, Subject } from './subject.ts';

/** Is told each rule that may match; `isSure` when the filed condition needs no second look. */
export type Visitor = { consider(rule: CompiledRule, isSure: boolean): void };

type Listing = { readonly rule: CompiledRule; readonly isSure: boolean };

/** Most places have one rule: it stands in the branch itself, which spares a trip to memory. */
type Branch = {
  children: Map<string, Branch> | undefined;
  rule: CompiledRule | undefined;
  isSure: boolean;
  more: Listing[] | undefined;
};

/**
 * The rules of one target, each filed under one of its conditions, so that a request meets only
 * rules that may match it, however many there are. A rule may be visited more than once.
 */
export class TargetIndex {
  readonly #domains = newBranch();
  readonly #absolute = newBranch();
  readonly #relative = newBranch();
  // Places of rules that restrict, folded.
  readonly #guarded = newBranch();
  readonly #guardedRelative = newBranch();
  readonly #apps = newBranch();
  readonly #intents = newBranch();
  readonly #others: CompiledRule[] = [];
  // Rules to which a missing value is as good as a match.
  readonly #unknownHost: CompiledRule[] = [];
  readonly #unknownPath: CompiledRule[] = [];
  readonly #unknownWorkspace: CompiledRule[] = [];
  readonly #unknownApp: CompiledRule[] = [];
  readonly #unknownIntent: CompiledRule[] = [];

  add(rule: CompiledRule): void {
    const { allow_domains, allow_paths, allow_apps, block_intents } = rule.rule.conditions;
    const filed = rule.isReadable ? rule.filedUnder : undefined;
    if (filed === 'allow_domains' && allow_domains) this.#addDomains(rule, allow_domains);
    else if (filed === 'allow_paths' && allow_paths) this.#addPaths(rule, allow_paths);
    else if (filed === 'allow_apps' && allow_apps) {
      for (const app of allow_apps) file(this.#apps, [app], { rule, isSure: true });
      if (rule.isRestrictive) this.#unknownApp.push(rule);
    } else if (filed === 'block_intents' && block_intents) {
      for (const intent of block_intents) file(this.#intents, [intent], { rule, isSure: true });
      if (rule.isRestrictive) this.#unknownIntent.push(rule);
    } else {
      this.#others.push(rule);
    }
  }

  visit(subject: Subject, visitor: Visitor): void {
    visitAll(this.#others, visitor);
    if (subject.host === undefined) visitAll(this.#unknownHost, visitor);
    else walk(this.#domains, subject.labels, visitor, true);
    this.#visitPaths(subject, visitor);
    if (subject.app === undefined) visitAll(this.#unknownApp, visitor);
    else walk(this.#apps, [subject.app], visitor, true);
    for (const intent of subject.intents) walk(this.#intents, [intent], visitor, true);
    if (subject.hasUnreadIntent) visitAll(this.#unknownIntent, visitor);
  }

  #visitPaths(subject: Subject, visitor: Visitor): void {
    const { paths, hasUnreadPath, actsOnTrees } = subject;
    const isSure = paths.length === 1 && !hasUnreadPath;
    for (const path of paths) {
      const { components, relative, folded } = path;
      walk(this.#absolute, components, visitor, isSure);
      if (relative !== undefined) walk(this.#relative, relative, visitor, isSure);
      walk(this.#guarded, folded.components, visitor, isSure);
      if (folded.relative) walk(this.#guardedRelative, folded.relative, visitor, isSure);
      if (actsOnTrees && path.isStart !== true) this.#visitBelow(folded, visitor);
    }
    if (hasUnreadPath) visitAll(this.#unknownPath, visitor);
    else if (!subject.hasWorkspace) visitAll(this.#unknownWorkspace, visitor);
  }

  /** Rules that guard something below the path; `walk` has met those of the path itself. */
  #visitBelow({ components, relative, isAboveWorkspace }: Place, visitor: Visitor): void {
    walkBelow(branchAt(this.#guarded, components), visitor);
    if (relative !== undefined) walkBelow(branchAt(this.#guardedRelative, relative), visitor);
    else if (isAboveWorkspace) walkBelow(this.#guardedRelative, visitor);
  }

  #addDomains(rule: CompiledRule, domains: readonly string[]): void {
    for (const domain of domains) {
      file(this.#domains, domain.split('.').reverse(), { rule, isSure: true });
    }
    if (rule.isRestrictive) this.#unknownHost.push(rule);
  }

  #addPaths(rule: CompiledRule, entries: readonly string[]): void {
    const patterns = entries.map(readPattern).filter(isPattern);
    const [absolute, ofWorkspace] = rule.isRestrictive
      ? [this.#guarded, this.#guardedRelative]
      : [this.#absolute, this.#relative];
    for (const pattern of patterns) {
      const { isAbsolute, components } = rule.isRestrictive ? foldPattern(pattern) : pattern;
      const glob = components.findIndex(isGlob);
      const literal = glob < 0 ? components : components.slice(0, glob);
      file(isAbsolute ? absolute : ofWorkspace, literal, { rule, isSure: glob < 0 });
    }
    if (!rule.isRestrictive) return;
    this.#unknownPath.push(rule);
    if (patterns.some((pattern) => !pattern.isAbsolute)) this.#unknownWorkspace.push(rule);
  }
}

function newBranch(): Branch {
  return { children: undefined, rule: undefined, isSure: false, more: undefined };
}

function file(root: Branch, steps: readonly string[], listing: Listing): void {
  let branch = root;
  for (const step of steps) {
    branch.children ??= new Map();
    let next = branch.children.get(step);
    if (next === undefined) {
      next = newBranch();
      branch.children.set(step, next);
    }
    branch = next;
  }
  if (branch.rule === undefined) {
    branch.rule = listing.rule;
    branch.isSure = listing.isSure;
  } else {
    branch.more ??= [];
    branch.more.push(listing);
  }
}

/** Every listing on the way down, for as long as there is a way. */
function walk(root: Branch, steps: readonly string[], visitor: Visitor, isSure: boolean): void {
  let branch: Branch | undefined = root;
  for (let at = 0; branch !== undefined; at += 1) {
    if (branch.rule !== undefined) {
      visitor.consider(branch.rule, isSure && branch.isSure);
      if (branch.more !== undefined) considerAll(branch.more, visitor, isSure);
    }
    if (at >= steps.length) return;
    branch = branch.children?.get(steps[at] as string);
  }
}

function branchAt(root: Branch, steps: readonly string[]): Branch | undefined {
  let branch: Branch | undefined = root;
  for (const step of steps) branch = branch?.children?.get(step);
  return branch;
}

/** Every listing of the branch and below. Not by recursion: a policy may be very deep. */
function walkBelow(root: Branch | undefined, visitor: Visitor): void {
  const waiting = root === undefined ? [] : [root];
  for (let branch = waiting.pop(); branch !== undefined; branch = waiting.pop()) {
    if (branch.rule !== undefined) visitor.consider(branch.rule, false);
    if (branch.more !== undefined) considerAll(branch.more, visitor, false);
    for (const child of branch.children?.values() ?? []) waiting.push(child);
  }
}

function considerAll(listings: readonly Listing[], visitor: Visitor, isSure: boolean): void {
  for (const listing of listings) visitor.consider(listing.rule, isSure && listing.isSure);
}

function visitAll(rules: readonly CompiledRule[], visitor: Visitor): void {
  for (const rule of rules) visitor.consider(rule, false);
}
