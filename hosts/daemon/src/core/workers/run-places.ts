import type { OpenWorkerRun } from '@ioi/protocol';

type Of = Pick<OpenWorkerRun, 'own'>;

/** Processes and interpreters at once: what is open beyond them waits for its turn. */
export const MOST_AT_WORK = 32;
/** Runs that are open at once: of workers, and of the node's own steps. */
const MOST_OPEN = 1000;

/** Whether one more run has a place: steps that wait for people take none from workers. */
export function hasPlace(runs: Iterable<Of>, opening: Iterable<Of>, next: Of): boolean {
  const isOwn = next.own !== undefined;
  const alike = [...runs, ...opening].filter((each) => (each.own !== undefined) === isOwn);
  return alike.length < MOST_OPEN;
}
