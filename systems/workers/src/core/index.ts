export { isEnded, type RunState } from './run/run.ts';
export { WIRE_VERSION, type WireFault, type WorkerDeathCode } from './wire/index.ts';
