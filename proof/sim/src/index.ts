export { runSimulation, type SimReport } from './run.ts';
