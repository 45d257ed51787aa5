export {
  type Invocations,
  invocationsOfScript,
  invocationsOfWords,
  programName,
} from './invocations.ts';
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
export { isHarmlessVariable, usualFolders } from './programs.ts';
export type { Word } from './scan.ts';
export { settleFlags } from './synonyms.ts';
