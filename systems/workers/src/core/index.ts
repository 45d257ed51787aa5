export type { CecStage } from './cec/cec.ts';
export { GUEST_LIMITS, type GuestLimits } from './guest/guest-limits.ts';
export {
  MOST_ATTEMPTS,
  MOST_STEPS,
  nonceOf,
  placeOf,
  type Recorded,
  type StepPlace,
  type StepRecord,
  stepHash,
  tagOf,
  takeStep,
} from './journal/journal.ts';
export type { Served, Tried } from './router/route.ts';
export {
  isEnded,
  queued,
  type Run,
  type RunEffect,
  type RunInput,
  type RunState,
  stepRun,
} from './run/run.ts';
export type { WireFault, WorkerDeathCode } from './wire/index.ts';
