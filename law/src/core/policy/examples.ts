import type { Json } from '@ioi/canon';
import {
  type ActionFacts,
  type ActionRequest,
  isActionFacts,
  isActionRequest,
} from '@ioi/protocol';
import { canonicalRule } from './canonicalize.ts';
import { compileRule, holds } from './compile-rule.ts';
import { type JsonObject, type Reading, readList, readObject } from './reader.ts';
import { namespaceOf, type Rule } from './rules.ts';
import { subjectOf } from './subject.ts';

/** A request written beside a rule to say whether the rule is about it. */
export type Example = {
  readonly pointer: string;
  readonly expected: 'match' | 'not_match';
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
};

export type PolicyTest = Example & {
  readonly rule: Rule;
  readonly line: number;
  readonly column: number;
};

export type PolicyTestResult = {
  readonly ruleId: string;
  readonly pointer: string;
  readonly line: number;
  readonly column: number;
  readonly expected: Example['expected'];
  readonly isPassed: boolean;
};

const MOST_EXAMPLES = 1000;
// Examples are about parameters and facts; who asks is made up unless an example says.
const AGENT = 'agent://policy/example';

/** Runs the examples of a loaded policy: does each rule, by itself and with budgets left, match? */
export function runPolicyTests(loaded: {
  readonly tests: readonly PolicyTest[];
}): readonly PolicyTestResult[] {
  return loaded.tests.map(({ rule, request, facts, expected, pointer, line, column }) => {
    const compiled = compileRule(canonicalRule(rule), 0);
    const isMatching = holds(compiled, compiled.checks, subjectOf(request, facts));
    const isPassed = isMatching === (expected === 'match');
    return { ruleId: rule.rule_id, pointer, line, column, expected, isPassed };
  });
}

/** `match` and `not_match` of a rule: `{params, facts?, context?}`, or the params alone. */
export function readExamples(
  rule: JsonObject,
  pointer: string,
  target: string | undefined,
  reading: Reading,
): readonly Example[] | undefined {
  const examples: Example[] = [];
  let isSound = true;
  for (const expected of ['match', 'not_match'] as const) {
    const value = rule[expected];
    if (value === undefined) continue;
    const item = (each: Json, place: string): Example | undefined =>
      readExample(each, { pointer: place, expected, target: target ?? 'unread::target' }, reading);
    const shape = { least: 0, most: MOST_EXAMPLES, item };
    const read = readList(value, `${pointer}/${expected}`, shape, reading);
    if (read === undefined) isSound = false;
    else examples.push(...read);
  }
  return isSound ? examples : undefined;
}

type Place = Pick<Example, 'pointer' | 'expected'> & { readonly target: string };

function readExample(
  value: Json,
  { pointer, expected, target }: Place,
  reading: Reading,
): Example | undefined {
  const isShort = isObject(value) && !Object.hasOwn(value, 'params');
  const whole = isShort ? { params: value } : value;
  const fields = { required: ['params'], optional: ['facts', 'context'] };
  const given = readObject(whole, pointer, fields, reading);
  if (given === undefined) return undefined;
  const { params, facts = {}, context = {} } = given;
  if (!isObject(params)) return invalid(`${pointer}/params`, 'expected an object', reading);
  if (!isActionFacts(facts)) {
    return invalid(`${pointer}/facts`, 'these are no ActionFacts', reading);
  }
  const namespace = namespaceOf(target);
  const request = {
    target: namespace === undefined ? target : `${namespace}example`,
    params,
    context: isObject(context) ? { agent_id: AGENT, ...context } : context,
    nonce: '0',
  };
  if (!isActionRequest(request)) {
    return invalid(`${pointer}/context`, 'this is no context of an ActionRequest', reading);
  }
  return { pointer, expected, request, facts };
}

function invalid(pointer: string, message: string, { faults }: Reading): undefined {
  return faults.add({ code: 'policy.invalid_example', pointer, message });
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
