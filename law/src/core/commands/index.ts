export { type Invocations, invocationsOfScript, invocationsOfWords } from './invocations.ts';
export { namedPaths } from './named-paths.ts';
export {
  type CommandPattern,
  type ComparedCommand,
  catches,
  comparable,
  isCommandPattern,
  patternHolds,
  printCommandPattern,
  readCommandPattern,
  vouches,
} from './patterns.ts';
export type { Word } from './scan.ts';
export { readsItsFolder } from './trees.ts';
export { isHarmlessVariable } from './variables.ts';
