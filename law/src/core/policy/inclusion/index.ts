export {
  type Difference,
  decide,
  type Inclusion,
  includes,
  inclusionOfPolicies,
  isWidened,
  mayWiden,
} from './includes.ts';
export type { Situation } from './situation.ts';
export { decisionWords, situationWords, witnessWords } from './words.ts';
