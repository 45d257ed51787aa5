import { parentPort, workerData } from 'node:worker_threads';
import { runSimulation } from '@ioi/sim';

/** Every so many seeds from the first to the last; the parent is told what each came to. */
const { first, last, by } = workerData as Record<'first' | 'last' | 'by', number>;
for (let seed = first; seed <= last; seed += by) {
  parentPort?.postMessage(await runSimulation({ seed }));
}
