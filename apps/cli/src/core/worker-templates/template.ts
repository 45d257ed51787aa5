/** Of those that are programs, whose SDK lies beside them, and of one file that is interpreted. */
export type WorkerLanguage = 'python' | 'typescript' | 'guest' | 'wasm';

/** What a new worker starts from: what it is for, what it asks for, and its code. */
export type WorkerTemplate = {
  readonly about: string;
  readonly capabilities: readonly string[];
  /** As `worker.tests.json` has them; none where a case needs what is not in its folder. */
  readonly cases: readonly object[];
  readonly python: (name: string) => string;
  readonly typescript: (name: string) => string;
  /** As one file of JavaScript; absent where there is none. */
  readonly guest?: () => string;
};
