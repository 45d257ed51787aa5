export {
  applyDelta,
  type Commit,
  madeSize,
  type PackEntry,
  readCommit,
  readEntry,
} from './objects.ts';
