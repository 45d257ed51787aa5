import type { ActionRules } from '@ioi/protocol';
import { isEnvelopeWithin } from '../../capability/envelope.ts';
import { isEgressWithin } from '../../cim/route.ts';
import { observesLonger } from '../observe.ts';

/** What a proof may do at most, in steps of about a microsecond. */
export const MOST_STEPS = 1_000_000;

const PAUSE_STEPS = 500;

/**
 * How much a proof may do. Counted in steps and never in time, so that everybody who repeats it
 * comes to the same end. One step is about a microsecond.
 */
export class Work {
  #left: number;
  #sincePause = 0;
  #reason: string | undefined;
  #doubt: string | undefined;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Why it cannot be said that there is nothing; undefined as long as it may be. */
  get undecided(): string | undefined {
    return this.#reason ?? this.#doubt;
  }

  /** False once there is nothing left, or no use in going on. */
  spend(steps: number): boolean {
    this.#left -= steps;
    this.#sincePause += steps;
    if (this.#left < 0) this.giveUp('it takes more steps than a proof may');
    return this.#reason === undefined;
  }

  /** Whether it went on long enough without a pause; a pause begins anew. */
  isDue(): boolean {
    if (this.#sincePause < PAUSE_STEPS) return false;
    this.#sincePause = 0;
    return true;
  }

  giveUp(reason: string): void {
    this.#reason ??= reason;
  }

  /** No answer, unless what is left to be tried gives one. */
  doubt(reason: string): void {
    this.#doubt ??= reason;
  }
}

/**
 * What a policy says beside its rules is not about single requests, so it has to stay; but for
 * what it does about contents that leave, which may be more.
 */
export function incomparable(before: ActionRules, after: ActionRules): string | undefined {
  if (!isEgressWithin(before.egress ?? [], after.egress ?? [])) {
    return '`egress` holds back less than before';
  }
  if (!isEnvelopeWithin(before.envelope, after.envelope)) {
    return '`envelope` holds more than before';
  }
  if (observesLonger(after, before)) {
    return 'it only observes, and lets pass what it would stop';
  }
  if (blocksLess(before, after)) {
    return 'it only observes, and BLOCK rules, which stop all the same, are fewer or others';
  }
  const [left, right] = [before, after].map(besideRules);
  if (left === right) return undefined;
  return 'what the policy says beside its rules changed, and that has no order';
}

/** What observes stops by BLOCK rules alone: there no default stands in for one. */
function blocksLess(before: ActionRules, after: ActionRules): boolean {
  if (after.mode !== 'observe') return false;
  const kept = new Set(blocksOf(after));
  return blocksOf(before).some((each) => !kept.has(each));
}

function blocksOf({ rules }: ActionRules): string[] {
  const blocking = rules.filter(({ action }) => action === 'BLOCK');
  return blocking.map(({ target, conditions }) => JSON.stringify({ target, conditions }));
}

/** What has no order. Names, and the unit that amounts were written in, decide nothing. */
function besideRules(policy: ActionRules): string {
  const { defaults, ontology_policy } = policy;
  return JSON.stringify({ defaults, ontology_policy });
}
