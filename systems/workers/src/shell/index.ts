export {
  type StartedProgram,
  WorkerProcess,
  type WorkerProcessOptions,
} from './process/index.ts';
