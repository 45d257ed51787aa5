export type { LearntPolicy, LearntRule } from './learn.ts';
export { type LearntFromLog, learnFromLog } from './learn-from-log.ts';
export { learnFromSession } from './learn-from-session.ts';
export type { Held, Seen } from './trace.ts';
export { answersOfLog } from './trace-of-log.ts';
