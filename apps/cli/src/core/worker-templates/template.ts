export type WorkerLanguage = 'python' | 'typescript';

/** What a new worker starts from: what it is for, what it asks for, and its code. */
export type WorkerTemplate = {
  readonly about: string;
  readonly capabilities: readonly string[];
  /** As `worker.tests.json` has them; none where a case needs what is not in its folder. */
  readonly cases: readonly object[];
  readonly python: (name: string) => string;
  readonly typescript: (name: string) => string;
};
