export type { WireFault, WorkerDeathCode } from './codes.ts';
export { answerStep, GREETING, giveTask, type Heard, hear, type Talk, tellPiece } from './talk.ts';
