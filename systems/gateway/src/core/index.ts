export { answerFor, type CallOutcome } from './answer.ts';
export type {
  AbortSignalLike,
  Act,
  ActContext,
  ActMethod,
  Answer,
  Backend,
  Cancellation,
  Dropped,
  Listing,
  ListKind,
  Notice,
  Offer,
  Proposer,
} from './backend.ts';
