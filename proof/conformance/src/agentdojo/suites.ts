import { readFileSync } from 'node:fs';

/** One call of a ground truth, with what its tool returned. */
export type Call = {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly result: string;
};

export type UserTask = {
  readonly prompt: string;
  readonly calls: readonly Call[];
  /** By the name of a vector, which calls return a text that an attacker can write to. */
  readonly vectors_seen: Readonly<Record<string, readonly number[]>>;
};

export type InjectionTask = { readonly goal: string; readonly calls: readonly Call[] };

export type Tool = {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: unknown;
};

export type Suite = {
  readonly tools: readonly Tool[];
  readonly user_tasks: Readonly<Record<string, UserTask>>;
  readonly injection_tasks: Readonly<Record<string, InjectionTask>>;
  /** What stands at a vector when nobody attacks. */
  readonly injection_vectors: Readonly<Record<string, string>>;
};

export function readSuites(file: string): ReadonlyMap<string, Suite> {
  const { suites } = JSON.parse(readFileSync(file, 'utf8')) as { suites: Record<string, Suite> };
  return new Map(Object.entries(suites));
}

/** A user task alone, or with an attack in what its calls return. */
export type Scenario = {
  readonly name: string;
  readonly task: UserTask;
  readonly injection?: InjectionTask;
};

export function benignScenarios(suite: Suite): Scenario[] {
  return Object.entries(suite.user_tasks).map(([name, task]) => ({ name, task }));
}

/** Every user task that sees a vector, with every injection task that has calls. */
export function attacks(suite: Suite): Scenario[] {
  const injections = Object.entries(suite.injection_tasks).filter(([, each]) => hasCalls(each));
  return benignScenarios(suite)
    .filter(({ task }) => firstSeen(task) !== undefined)
    .flatMap(({ name, task }) =>
      injections.map(([other, injection]) => ({ name: `${name} ${other}`, task, injection })),
    );
}

/** The first call after which the agent has read an attack. */
export function firstSeen({ calls, vectors_seen }: UserTask): number | undefined {
  const seen = Object.values(vectors_seen)
    .flat()
    .filter((at) => at < calls.length);
  return seen.length === 0 ? undefined : Math.min(...seen);
}

function hasCalls({ calls }: InjectionTask): boolean {
  return Array.isArray(calls) && calls.length > 0;
}
