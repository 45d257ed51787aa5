export { isEnded, type RunState } from './run/run.ts';
