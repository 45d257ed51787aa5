/**
 * Verdict and rejection codes, in order of precedence: when several apply, the first one listed
 * is reported. The class names are the whitepaper's (2.6.7, E.1, E.2).
 */
export const codes = [
  { code: 'canon.refused', class: 'AccessDenied', meaning: 'The input has no canonical form.' },
  {
    code: 'request.invalid',
    class: 'AccessDenied',
    meaning: 'The request does not fit ActionRequest.',
  },
  { code: 'request.too_large', class: 'AccessDenied', meaning: 'The request exceeds a limit.' },
  { code: 'request.replayed', class: 'AccessDenied', meaning: 'This request was decided before.' },
  {
    code: 'contract.missing',
    class: 'ResolverContractViolation',
    meaning: 'The tool has no RuntimeToolContract.',
  },
  {
    code: 'contract.schema_changed',
    class: 'ResolverContractViolation',
    meaning: "The tool's input schema is no longer the one its contract was written for.",
  },
  {
    code: 'contract.description_changed',
    class: 'ResolverContractViolation',
    meaning: 'What the server says of the tool is not what it said when it was accepted.',
  },
  {
    code: 'contract.arguments_invalid',
    class: 'ResolverContractViolation',
    meaning: "The arguments do not fit the tool's input schema.",
  },
  {
    code: 'session.paused',
    class: 'AccessDenied',
    meaning: 'A person paused whoever asks, or stopped everything.',
  },
  {
    code: 'ontology.foreign_primitive',
    class: 'OntologyViolation',
    meaning: 'A capability that is no primitive: it says what is wanted, or whose it is.',
  },
  {
    code: 'ontology.intent_twice',
    class: 'OntologyViolation',
    meaning: 'Two definitions of one class of intent.',
  },
  {
    code: 'resolver.foreign_evidence',
    class: 'ResolverContractViolation',
    meaning: 'Evidence is asked for by provider or subject instead of by its shape.',
  },
  {
    code: 'resolver.unknown_intent',
    class: 'ResolverContractViolation',
    meaning: 'The intent that won is not defined.',
  },
  {
    code: 'resolver.ambiguous',
    class: 'ResolverContractViolation',
    meaning: 'No intent won: none was proposed, or two are alike.',
  },
  {
    code: 'intent.infeasible',
    class: 'IntentInfeasible',
    meaning: 'No mounted tool has the capabilities that the intent takes.',
  },
  {
    code: 'capability.outside_envelope',
    class: 'PolicyBlocked',
    meaning: 'The tool takes a capability or scope that the policy holds nobody to have.',
  },
  { code: 'policy.none_active', class: 'PolicyBlocked', meaning: 'No policy is active.' },
  {
    code: 'policy.bundle_stale',
    class: 'PolicyBlocked',
    meaning: "The organisation's bundle is too old, and blocks everything until there is a newer.",
  },
  {
    code: 'egress.denied',
    class: 'PolicyBlocked',
    meaning: 'It would send out what the policy does not let out.',
  },
  { code: 'policy.blocked', class: 'PolicyBlocked', meaning: 'A BLOCK rule matched.' },
  {
    code: 'policy.budget_exhausted',
    class: 'PolicyBlocked',
    meaning: 'The rule that would have allowed it has no rate or budget left.',
  },
  { code: 'policy.default_deny', class: 'PolicyBlocked', meaning: 'No rule matched.' },
  {
    code: 'authority.required',
    class: 'PendingApproval',
    meaning: 'The tool takes a scope, and no grant in force covers exactly this.',
  },
  {
    code: 'egress.approval_required',
    class: 'PendingApproval',
    meaning: 'A person has to look at what it would send out.',
  },
  {
    code: 'approval.required',
    class: 'PendingApproval',
    meaning: 'A person has to approve exactly this request.',
  },
  { code: 'authority.denied', class: 'AccessDenied', meaning: 'The owner denied the scopes.' },
  { code: 'approval.invalid', class: 'AccessDenied', meaning: 'The approval does not hold.' },
  { code: 'approval.denied', class: 'AccessDenied', meaning: 'A person denied it.' },
  {
    code: 'approval.cancelled',
    class: 'AccessDenied',
    meaning: 'It no longer waits: its approval did not hold, too many waited, or all was stopped.',
  },
  {
    code: 'approval.edited',
    class: 'AccessDenied',
    meaning: 'A person edited it: its receipt names the request in its place.',
  },
  { code: 'approval.expired', class: 'AccessDenied', meaning: 'Nobody approved it in time.' },
  { code: 'policy.approved', class: 'Approved', meaning: 'A person approved exactly this.' },
  { code: 'policy.allowed', class: 'Allow', meaning: 'An ALLOW rule matched.' },
  {
    code: 'policy.observed',
    class: 'Allow',
    meaning: 'The policy only observes: the receipt says how it would have decided.',
  },
  {
    code: 'execution.failed_before_effect',
    class: 'ExecutionFailedTerminal',
    meaning: 'It failed before anything happened.',
  },
  {
    code: 'execution.effect_unknown',
    class: 'ExecutionFailedTerminal',
    meaning: 'It may have happened; see reconcile.',
  },
  {
    code: 'execution.contract_violation',
    class: 'ExecutionContractViolation',
    meaning: 'A required marker or postcondition is missing.',
  },
  { code: 'execution.completed', class: 'Completed', meaning: 'It happened and was verified.' },
] as const;

export type VerdictCode = (typeof codes)[number]['code'];

/** Class name of a code, for clients that match on the whitepaper's names. */
export function classOf(code: VerdictCode): string {
  return codes.find((entry) => entry.code === code)?.class ?? 'AccessDenied';
}
