/** One thing that a person does in the life of a node, and what shows from outside that it held. */
export type Step<Subject> = {
  readonly name: string;
  /** Steps without which it cannot be tried. */
  readonly needs: readonly string[];
  /** Gives what was seen; throws where that is not as it should be. */
  readonly take: (subject: Subject) => Promise<string>;
};

export type Outcome = {
  readonly step: string;
  readonly state: 'ok' | 'FAILED';
  readonly seen: string;
  readonly ms: number;
};

/** All in order. One that fails takes only those along that cannot do without it. */
export async function takeSteps<Subject>(
  steps: readonly Step<Subject>[],
  subject: Subject,
  tell: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const step of steps) {
    const held = new Set(outcomes.filter(({ state }) => state === 'ok').map((each) => each.step));
    const missing = step.needs.filter((name) => !held.has(name));
    const outcome = await outcomeOf(step, subject, missing);
    outcomes.push(outcome);
    tell(outcome);
  }
  return outcomes;
}

async function outcomeOf<Subject>(
  { name, take }: Step<Subject>,
  subject: Subject,
  missing: readonly string[],
): Promise<Outcome> {
  const startedAt = performance.now();
  const end = (state: Outcome['state'], seen: string): Outcome => {
    return { step: name, state, seen, ms: Math.round(performance.now() - startedAt) };
  };
  if (missing.length > 0) return end('FAILED', `not tried, without ${missing.join(', ')}`);
  try {
    return end('ok', await take(subject));
  } catch (fault) {
    return end('FAILED', fault instanceof Error ? fault.message : String(fault));
  }
}

/** Steps that need what never comes before them; none in a list that can be taken. */
export function disordered<Subject>(steps: readonly Step<Subject>[]): readonly string[] {
  return steps.flatMap(({ name, needs }, at) => {
    const before = new Set(steps.slice(0, at).map((each) => each.name));
    return needs.filter((each) => !before.has(each)).map((each) => `${name} needs ${each}`);
  });
}

export function lineOf({ step, state, seen, ms }: Outcome): string {
  const [first = ''] = seen.split('\n');
  return `${state.padEnd(6)} ${step.padEnd(12)} ${(ms / 1000).toFixed(1).padStart(6)} s  ${first}`;
}
