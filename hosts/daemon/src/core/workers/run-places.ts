import type { OpenWorkerRun } from '@ioi/protocol';

type Of = Pick<OpenWorkerRun, 'own'>;

/** Processes and interpreters at once; of the node's own steps, which mostly wait for people. */
const MOST_WORKERS = 32;
const MOST_OWN = 1000;

/** Whether one more run has a place: steps that wait for a person take none from workers. */
export function hasPlace(runs: Iterable<Of>, opening: Iterable<Of>, next: Of): boolean {
  const isOwn = next.own !== undefined;
  const alike = [...runs, ...opening].filter((each) => (each.own !== undefined) === isOwn);
  return alike.length < (isOwn ? MOST_OWN : MOST_WORKERS);
}
