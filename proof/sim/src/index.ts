export { runClusterSimulation } from './cluster/run.ts';
export { runSimulation, type SimReport } from './run.ts';
