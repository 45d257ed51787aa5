export type { Finding, FindingCode } from './codes.ts';
export { verifyContinues } from './continues.ts';
export type { ActivatedPolicy, ChangedEpoch, Summary } from './tally.ts';
export { type VerificationReport, type VerifyOptions, verify } from './verify.ts';
