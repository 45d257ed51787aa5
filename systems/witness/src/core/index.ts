export {
  type Asking,
  type Opinion,
  readAnswer,
  readShown,
  type ShownCheckpoint,
} from './answer.ts';
export { statusOf, type WitnessCode, type WitnessRefusal } from './codes.ts';
export {
  type Accepted,
  type KnownLog,
  readSubmission,
  type Submission,
  type WitnessedHead,
  witness,
} from './witness.ts';
