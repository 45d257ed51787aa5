export { assist } from './assist.ts';
export { isPiiClass, type PiiClass, piiClasses, type Severity } from './classes.ts';
export type { Finding } from './graph.ts';
export {
  type Inspected,
  inspect,
  isConsistent,
  type PiiDecision,
  whatMayLeave,
} from './inspect.ts';
export { isEgress } from './reaches.ts';
export { redactText } from './redact.ts';
export {
  type EgressOutcome,
  type EgressRule,
  type RiskSurface,
  routeAll,
  routingOf,
} from './route.ts';
export { scan } from './scan.ts';
export type { Span } from './span.ts';
