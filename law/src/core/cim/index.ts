export {
  type AssistConfig,
  type AssistIdentity,
  assist,
  assistIdentity,
  checkAssist,
} from './assist.ts';
export { isPiiClass, type PiiClass, piiClasses, type Severity } from './classes.ts';
export type { EvidenceGraph, Finding, GraphSpan } from './graph.ts';
export {
  type Inspected,
  inspect,
  isConsistent,
  type PiiDecision,
  whatMayLeave,
} from './inspect.ts';
export { isEgress } from './reaches.ts';
export { type RedactionManifest, redactText } from './redact.ts';
export {
  type EgressOutcome,
  type EgressRule,
  egressOutcomes,
  isEgressWithin,
  routeAll,
  routingOf,
} from './route.ts';
export { scan } from './scan.ts';
export type { Span } from './span.ts';
