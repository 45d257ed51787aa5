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
  Followed,
  Listing,
  ListKind,
  Notice,
  Offer,
  Proposer,
  Recalled,
} from './backend.ts';
export { lostTask } from './errors.ts';
export { commandOf, type Push, type PushRequest, repositoryOf } from './web/git/push.ts';
export type { LargeBody, Place, WebAct, WebCode, WebHeader, WebRefusal } from './web/web-act.ts';
