/** How one run of the node's processes ended. */
export type Ending = {
  readonly who: 'daemon' | 'edge' | 'guardian' | 'supervisor';
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly livedMs: number;
};

/** `quick` counts deaths in a row that came soon after a start. */
export type RestartState = { readonly quick: number };

export type RestartPlan =
  | { readonly kind: 'restart'; readonly delayMs: number; readonly state: RestartState }
  | { readonly kind: 'stop'; readonly why: 'needs_person' | 'too_many' };

/** sysexits EX_CONFIG: the daemon asks for a person, since starting again cannot help. */
export const EXIT_NEEDS_PERSON = 78;
const QUICK_MS = 60_000;
const MOST_QUICK = 5;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

export const freshRestarts: RestartState = { quick: 0 };

/** Whether and when the processes are started again after one of them ended. */
export function planRestart(state: RestartState, ending: Ending): RestartPlan {
  if (ending.who === 'daemon' && ending.exitCode === EXIT_NEEDS_PERSON) {
    return { kind: 'stop', why: 'needs_person' };
  }
  const quick = ending.livedMs < QUICK_MS ? state.quick + 1 : 1;
  if (quick >= MOST_QUICK) return { kind: 'stop', why: 'too_many' };
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (quick - 1), LONGEST_DELAY_MS);
  return { kind: 'restart', delayMs, state: { quick } };
}
