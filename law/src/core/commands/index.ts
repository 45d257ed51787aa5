export {
  type Invocations,
  invocationsOfScript,
  invocationsOfWords,
} from './invocations.ts';
export { namedPaths } from './named-paths.ts';
export {
  type CommandPattern,
  type ComparedCommand,
  catches,
  comparable,
  isCommandPattern,
  isTreePattern,
  patternHolds,
  printCommandPattern,
  readCommandPattern,
  vouches,
} from './patterns.ts';
export { bareName, programName, usualFolders } from './programs.ts';
export type { Word } from './scan.ts';
export { settleFlags } from './synonyms.ts';
export { readsItsFolder, treePrograms, treeUsesOf } from './trees.ts';
export { isHarmlessVariable } from './variables.ts';
