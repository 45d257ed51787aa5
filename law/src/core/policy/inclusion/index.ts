export { type Difference, decide, type Inclusion, includes, isWidened } from './includes.ts';
export type { Situation } from './situation.ts';
