export {
  COMMAND_SERVER,
  commandContract,
  isCommandContract,
  MOST_OUTPUT_BYTES,
} from './command-contract.ts';
export { isMergeContract, MERGE_SERVER, mergeContract } from './merge-contract.ts';
export { RECORD_RUN_OPERATION, type RunEvent } from './module.ts';
