export type { Finding, FindingCode } from './codes.ts';
export { type ProvenEntry, verifyContinues, verifyProof } from './proof.ts';
export type { ActivatedPolicy, Summary } from './tally.ts';
export { type VerificationReport, type VerifyOptions, verify } from './verify.ts';
