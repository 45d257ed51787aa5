export { answerFor, type CallOutcome } from './answer.ts';
export type {
  AbortSignalLike,
  Act,
  ActContext,
  ActMethod,
  Listing,
  ListKind,
  Notice,
  Offer,
  Proposer,
} from './backend.ts';
export {
  type Answer,
  type Effect,
  type Input,
  openSession,
  type ServerInfo,
  type SessionState,
  type Step,
} from './session.ts';
