import { canonicalJson } from '@ioi/canon';
import type { ActionRules } from '@ioi/protocol';
import { regionIncludes } from './region.ts';
import { applicableTargets, namespaceOf, type Rule } from './rules.ts';

/** Where, as a JSON pointer, and what stands against what. */
export type Contradiction = { readonly at: string; readonly message: string };

/** What tools of a namespace take, where the tools that act there take something of their own. */
const PRIMITIVES: ReadonlyMap<string, readonly string[]> = new Map([
  ['fs', ['prim:fs.read', 'prim:fs.write']],
  ['net', ['prim:net.request']],
  ['sys', ['prim:sys.exec']],
  ['model', ['prim:model.invoke']],
]);
/** Those of files that read and change nothing. */
const READING: ReadonlySet<string> = new Set(['fs::read', 'fs::list', 'fs::search', 'fs::stat']);

/**
 * The first place where one policy says two things of the same: rules that decide otherwise on
 * the very same region, or a rule that lets something be done with what the envelope of the same
 * policy keeps from every tool. Undefined where there is none. Each rule is looked at once.
 */
export function contradictionIn({ rules, envelope }: ActionRules): Contradiction | undefined {
  const seen = new Map<string, Rule>();
  for (const [index, rule] of rules.entries()) {
    const region = regionText(rule);
    const other = seen.get(region);
    const at = `/rules/${index}`;
    if (other !== undefined && other.action !== rule.action) {
      return {
        at,
        message: `${sayRule(rule)} decides otherwise on the same than ${sayRule(other)}`,
      };
    }
    seen.set(region, rule);
    const missing = missingIn(envelope, rule);
    if (missing !== undefined) {
      return { at, message: `${sayRule(rule)} takes ${missing}, which /envelope does not hold` };
    }
  }
  return undefined;
}

/**
 * What a tool would take that does what this rule lets be done, where an envelope holds none of
 * it. A namespace of which nobody knows what its tools take is never missing anything.
 */
export function missingIn(envelope: ActionRules['envelope'], rule: Rule): string | undefined {
  if (envelope === undefined || rule.action === 'BLOCK') return undefined;
  const needed = primitivesOf(rule.target);
  const isHeld = needed.length === 0 || needed.some((each) => envelope.includes(each));
  return isHeld ? undefined : needed.join(' or ');
}

function primitivesOf(target: string): readonly string[] {
  const of = PRIMITIVES.get(target.split('::')[0] ?? '') ?? [];
  if (namespaceOf(target) !== undefined || of.length < 2) return of;
  return of.filter((each) => each.endsWith('.read') === READING.has(target));
}

/** The BLOCK rules of several layers, each with whose it is, found by what they are about. */
export class Blocks<Of extends { readonly rule: Rule }> {
  readonly #byTarget = new Map<string, Of[]>();

  add(each: Of): void {
    const { target } = each.rule;
    const there = this.#byTarget.get(target);
    if (there === undefined) this.#byTarget.set(target, [each]);
    else there.push(each);
  }

  /** One that leaves nothing of what this rule is about. */
  over(rule: Rule): Of | undefined {
    const near = applicableTargets(rule.target).flatMap(
      (target) => this.#byTarget.get(target) ?? [],
    );
    return near.find((each) => regionIncludes(each.rule, rule));
  }
}

/** What a rule is about, whatever it decides and is called. */
export function regionText({ target, conditions }: Rule): string {
  const text = canonicalJson({ target, conditions });
  return text.ok ? text.value : '';
}

function sayRule({ rule_id, action, target }: Rule): string {
  return `rule ${rule_id} (${action} ${target})`;
}
