export {
  type Attesting,
  type Batch,
  commitStamp,
  prepare,
  type SealedBatch,
  type SealedState,
  seal,
} from './attest.ts';
export {
  type ChainClock,
  type ClockReading,
  chainTime,
  later,
  resyncTarget,
  startClock,
} from './clock.ts';
export {
  type ActivationDraft,
  type Approving,
  draftActivation,
  draftToken,
  type PendingItem,
} from './desk.ts';
export { recover, type Tail } from './recover.ts';
export type {
  AdmissionResult,
  CommitStamp,
  GuardianAnswer,
  GuardianMessage,
  GuardianNotice,
  GuardianRequest,
  GuardianStatus,
  Payloads,
  PreparedBatch,
  RecoveredBatch,
  Refusal,
  Seal,
} from './wire.ts';
