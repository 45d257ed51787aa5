export { RECORD_RUN_OPERATION, type RunEvent } from './module.ts';
