export { isMergeContract, MERGE_SERVER, mergeContract } from './merge-contract.ts';
export { RECORD_RUN_OPERATION, type RunEvent } from './module.ts';
