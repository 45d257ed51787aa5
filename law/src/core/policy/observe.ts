import type { ActionRules } from '@ioi/protocol';
import { readChainTime } from './chain-time.ts';
import type { Decision } from './decision.ts';

type Mode = Pick<ActionRules, 'mode' | 'observe_until'>;

/** The longest pause, in milliseconds of Chain Time: a working day. */
export const MOST_PAUSE_MS = 8n * 3_600_000n;

/** Whether a policy observes at this time; where it is not known, a pause is over. */
export function isObserving(
  { mode, observe_until: until }: Mode,
  time: bigint | undefined,
): boolean {
  if (mode !== 'observe' || until === undefined) return mode === 'observe';
  return time !== undefined && time < endOf(until);
}

/** Whether one policy observes at a time at which another one no longer does. */
export function observesLonger(one: Mode, other: Mode): boolean {
  const [own, others] = [observedUntil(one), observedUntil(other)];
  if (own === 'always' || others === 'always') return others !== 'always';
  return own > others;
}

function observedUntil({ mode, observe_until: until }: Mode): bigint | 'always' {
  if (mode !== 'observe') return -1n;
  return until === undefined ? 'always' : endOf(until);
}

function endOf(until: string): bigint {
  return readChainTime(until) ?? 0n;
}

/**
 * What a policy that observes makes of its own decision (decision 0012): it goes ahead, and says
 * what enforcing would have answered. A BLOCK rule that matches blocks as ever.
 */
export function observed(decision: Decision): Decision {
  const { verdict, code } = decision;
  if (verdict === 'ALLOW' || code === 'policy.blocked') return decision;
  return { ...decision, verdict: 'ALLOW', code: 'policy.observed', observed: { verdict, code } };
}
