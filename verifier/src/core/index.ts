export type { Finding, FindingCode } from './codes.ts';
export { verifyContinues } from './continues.ts';
export { type VerifiedEntry, verifyEntry } from './entry-proof.ts';
export type { VerifyOptions, WitnessedCheckpoint } from './establish.ts';
export { type FaultOptions, type ShownFault, verifyFaultProof } from './fault-proof.ts';
export { type KnownSealers, type Sealers, sealersIn } from './head.ts';
export {
  type CheckedInclusion,
  type InclusionFault,
  verifyInclusionCertificate,
} from './inclusion-certificate.ts';
export { type VerifiedRead, verifyRead } from './read.ts';
export type { ActivatedPolicy, ChangedEpoch, Summary } from './tally.ts';
export { type VerificationReport, verify } from './verify.ts';
export { type VerifiedReceipt, verifyVouched } from './vouched-receipt.ts';
export { type Cosigner, verifyWitnessed, type WitnessDemand, type Witnessed } from './witnessed.ts';
