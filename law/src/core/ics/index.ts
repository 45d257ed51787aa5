export {
  isWhole,
  type Judged,
  judgeContract,
  judgeOutput,
  tierOf,
  verdictOf,
} from './judge.ts';
