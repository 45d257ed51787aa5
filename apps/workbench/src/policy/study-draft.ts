import {
  type ChangedVerdict,
  compilePolicy,
  decisionWords,
  differencesOf,
  type Inclusion,
  includes,
  loadPolicy,
  type PolicyTestResult,
  runPolicyTests,
  simulatePolicy,
  situationWords,
} from '@ioi/law';
import type { ActionRules, LogEntry } from '@ioi/protocol';
import type { Fault } from '../code/editor.ts';

/** What a draft is held against. */
export type Draft = {
  /** As one types it: JSON with comments. */
  readonly text: string;
  /** The policy in force; absent before the first. */
  readonly active: ActionRules | undefined;
  /** Recorded decisions with the contracts they name, oldest first. */
  readonly entries: readonly LogEntry[];
};

export type Example = {
  readonly request: string;
  readonly before: string;
  readonly after: string;
};

/** Parts come the quickest first; what is absent is not known yet. */
export type Study = {
  readonly faults?: readonly Fault[];
  readonly read?: {
    readonly policyHash: string;
    readonly rules: ActionRules['rules'];
    readonly tests: readonly PolicyTestResult[];
  };
  readonly past?: { readonly actions: number; readonly changed: readonly ChangedVerdict[] };
  readonly change?: {
    readonly verdict: Inclusion['verdict'] | 'first' | 'same';
    readonly reason?: string;
    readonly examples: readonly Example[];
  };
};

/** What a draft means: whether it can be read, what it would have decided, whether it widens. */
export function* studyDraft({ text, active, entries }: Draft): Generator<Study> {
  const loaded = loadPolicy(text);
  if (!loaded.ok) {
    yield { faults: loaded.error.map(faultOf) };
    return;
  }
  const { rules, policyHash } = loaded.value;
  const tests = runPolicyTests(loaded.value);
  yield { faults: [], read: { policyHash, rules: rules.rules, tests } };
  const after = compilePolicy(rules);
  const { actions, changed } = simulatePolicy(after, entries);
  yield { past: { actions, changed } };
  yield { change: changeBetween(active, after) };
}

function faultOf({ code, message, hint, line, column }: Fault & { hint?: string }): Fault {
  const meant = hint === undefined ? '' : `; ${hint}`;
  return { code, message: `${message}${meant}`, line, column };
}

function changeBetween(
  active: ActionRules | undefined,
  after: ReturnType<typeof compilePolicy>,
): NonNullable<Study['change']> {
  if (active === undefined) return { verdict: 'first', examples: [] };
  const before = compilePolicy(active);
  if (before.policyHash === after.policyHash) return { verdict: 'same', examples: [] };
  const inclusion = includes(before, after);
  const { examples, reason } = differencesOf(before, after);
  const undecided = inclusion.verdict === 'undecided' ? inclusion.reason : reason;
  return {
    verdict: inclusion.verdict,
    ...(undecided === undefined ? {} : { reason: undecided }),
    examples: examples.map((each) => ({
      request: situationWords(each.situation),
      before: decisionWords(each.before),
      after: decisionWords(each.after),
    })),
  };
}
