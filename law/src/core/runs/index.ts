export {
  COMMAND_SERVER,
  commandContract,
  MOST_OUTPUT_BYTES,
} from './command-contract.ts';
export {
  type CommitEvent,
  type CommitHead,
  commitKey,
  RECORD_COMMITS_OPERATION,
} from './commits-module.ts';
export {
  isListenContract,
  isRunContract,
  LISTEN_HOST,
  LISTEN_SERVER,
  listenContract,
} from './listen-contract.ts';
export { isMergeContract, MERGE_SERVER, mergeContract } from './merge-contract.ts';
export { RECORD_RUN_OPERATION, type RunEvent } from './module.ts';
