export { type LearntPolicy, type LearntRule, learnPolicy } from './learn.ts';
export { printLearnt } from './print.ts';
export type { Held, Seen } from './trace.ts';
