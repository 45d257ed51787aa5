import type { Decision } from './decision.ts';

/**
 * What a policy that observes makes of its own decision (decision 0012): it goes ahead, and says
 * what enforcing would have answered. A BLOCK rule that matches blocks as ever.
 */
export function observed(decision: Decision): Decision {
  const { verdict, code } = decision;
  if (verdict === 'ALLOW' || code === 'policy.blocked') return decision;
  return { ...decision, verdict: 'ALLOW', code: 'policy.observed', observed: { verdict, code } };
}
