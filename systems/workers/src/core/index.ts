export { isEnded, type RunState } from './run/run.ts';
export type { WireFault, WorkerDeathCode } from './wire/index.ts';
