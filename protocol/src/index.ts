export type * from './api.ts';
export type * from './cluster.ts';
export { classOf, codes, type VerdictCode } from './codes.ts';
export { type DidDocument, didDocument, didOf, keyIdOfDid } from './did.ts';
export type {
  Ask,
  CancelSignal,
  Driver,
  Edge,
  InputRequest,
  InputRequests,
  InputResponse,
  InputResponses,
  Outcome,
  PerformOptions,
  PostconditionEvidence,
  Progress,
  Reconciliation,
  ReplyHead,
  ReplySink,
  SealedAction,
  TaskReport,
} from './driver.ts';
export type * from './execution.ts';
export { ROUTE_ROLES } from './generated/route-roles.ts';
export * from './generated/validators.ts';
export type * from './guardian-api.ts';
export {
  type Capability,
  FLOW_LABEL,
  type IdentifierError,
  type ParsedIdentifier,
  parseCapability,
  parseIdentifier,
  type Scheme,
  schemes,
} from './ids.ts';
export type * from './inspection.ts';
export type {
  AheadContext,
  Author,
  DecideContext,
  Evidence,
  HeadChange,
  HeadKey,
  Module,
  NamedOperation,
  Need,
  Operation,
  Rejection,
  Stamp,
  View,
} from './module.ts';
export type * from './owner-jobs.ts';
export type * from './recovery.ts';
export { type LeastRole, ROLES, type Role } from './roles.ts';
export type * from './types.ts';
export type * from './worker.ts';
export type * from './workspace-api.ts';
