export type { StartedProgram } from './started-program.ts';
export { WorkerProcess, type WorkerProcessOptions } from './worker-process.ts';
