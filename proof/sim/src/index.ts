export { runSimulation, type SimOptions, type SimReport } from './run.ts';
export { PLANTED, type Variant } from './variants.ts';
