import { parentPort, workerData } from 'node:worker_threads';
import { runClusterSimulation, runSimulation } from '@ioi/sim';

const SIMULATIONS = { agentgres: runSimulation, cluster: runClusterSimulation };

type Given = Record<'first' | 'last' | 'by', number> & {
  readonly simulation: keyof typeof SIMULATIONS;
};

/** Every so many seeds from the first to the last; the parent is told what each came to. */
const { first, last, by, simulation } = workerData as Given;
for (let seed = first; seed <= last; seed += by) {
  parentPort?.postMessage(await SIMULATIONS[simulation]({ seed }));
}
