export { EXECUTION } from './executors.ts';
export {
  type ExecutorHead,
  executionKeys,
  isFree,
  type LeaseOfRunHead,
  nextFence,
} from './heads.ts';
export { LEASE_RUN, PROPOSE_STEP, RENEW_LEASE, RETURN_LEASE } from './module.ts';
export { executorCompletions, executorWords } from './statements.ts';
