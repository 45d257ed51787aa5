export {
  type InstalledHead,
  type WorkerMemoryHead,
  type WorkerRunHead,
  type WorkerStepHead,
  workerKeys,
} from './heads.ts';
export { WORKERS } from './installs.ts';
export { undeclaredIn } from './managed.ts';
export {
  hashOf as workerHash,
  providerSelectionOf,
  taskSchemaHash,
  verificationOf,
} from './markers.ts';
export { ANSWER_STEP, END_WORKER_RUN, OPEN_WORKER_RUN, type WorkerEvent } from './module.ts';
export { guestSeedOf, randomBytesOf, seedCommitOf } from './randomness.ts';
export { installCompletions, installWords } from './statements.ts';
export { isStepContract, stepContracts, WORKER_SERVER } from './step-contracts.ts';
export {
  installedWorkerId,
  workerInclusion,
} from './widening.ts';
