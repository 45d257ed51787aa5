import { type SeededRandom, seededRandom } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { ActionRequest, ActionRules, Reservation } from '@ioi/protocol';
import { budgetView, release, reserve, settle } from '../core/boundary/budgets.ts';
import type { BudgetHead } from '../core/boundary/heads.ts';
import {
  type CompiledPolicy,
  compilePolicy,
  evaluate,
  includes,
  scaleAmount,
  subjectOf,
} from '../core/policy/index.ts';

type Rule = ActionRules['rules'][number];
type Conditions = Rule['conditions'];

/** What the oldest policy of a sequence lets through, at most. */
type Caps = {
  readonly count: number;
  readonly windowMs: number;
  readonly session: number;
  readonly day: number;
};

/** An act that was let through and not given back. */
type Admitted = {
  readonly at: bigint;
  readonly target: string;
  readonly session: string;
  readonly paid: number;
  readonly hash: Digest;
  isGivenBack: boolean;
};

export type BudgetSequence = {
  /** Caps that were passed, in words. */
  readonly overruns: readonly string[];
  readonly admitted: number;
  /** Policies that took the place of another. */
  readonly swaps: number;
};

const TARGETS = ['net::fetch', 'net::post', 'ucp::pay'] as const;
const DOMAINS = ['a.example', 'b.example', 'c.a.example'];
const AGENTS = ['agent://node/mcp', 'agent://node/mcp/child', 'agent://node/mcp/child/other'];
const SESSIONS = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
const WINDOWS = [1000, 60_000, 3_600_000];
const DAY_MS = 86_400_000n;

/**
 * One life of a node's budgets: a first policy, then acts, outcomes, crashes, work passed on to
 * other agents, and policies that take each other's place: split, merged, with other windows and
 * counts, each only where it is proved to lie inside the one before. Says where more was let
 * through than the first policy ever would.
 */
export function runBudgetSequence(seed: number | string, steps = 60): BudgetSequence {
  return new Life(seededRandom(seed)).run(steps);
}

class Life {
  readonly #random: SeededRandom;
  readonly #caps: Caps;
  readonly #admitted: Admitted[] = [];
  readonly #open: Admitted[] = [];
  readonly #record: ((heads: Map<string, BudgetHead>) => void)[] = [];
  #heads = new Map<string, BudgetHead>();
  #policy: CompiledPolicy;
  #now = 1_000_000n;
  #swaps = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#caps = {
      count: 1 + random.below(4),
      windowMs: this.#pick(WINDOWS),
      session: 5 + random.below(10),
      day: 8 + random.below(12),
    };
    this.#policy = policyOf(TARGETS.map((target) => this.#firstRule(target)));
  }

  run(steps: number): BudgetSequence {
    for (let step = 0; step < steps; step += 1) {
      const kind = this.#random.below(12);
      if (kind < 7) this.#act();
      else if (kind < 9) this.#end();
      else if (kind < 10) this.#now += BigInt(1 + this.#random.below(90_000));
      else if (kind < 11) this.#swap();
      else this.#crash();
    }
    const overruns = [...this.#overRates(), ...this.#overSpends()];
    return { overruns, admitted: this.#admitted.length, swaps: this.#swaps };
  }

  #firstRule(target: string): Rule {
    const { count, windowMs, session, day } = this.#caps;
    const conditions: Conditions =
      target === 'ucp::pay'
        ? { max_session_spend: usd(session), max_day_spend: usd(day) }
        : { rate_limit: { count, window_ms: windowMs } };
    return { rule_id: `first_${target}`, target, conditions, action: 'ALLOW' };
  }

  #act(): void {
    const target = this.#pick(TARGETS);
    const session_id = this.#pick(SESSIONS);
    const agent_id = this.#pick(AGENTS);
    const paid = target === 'ucp::pay' ? 1 + this.#random.below(5) : 0;
    const url = `https://${this.#pick(DOMAINS)}/`;
    const params = target === 'ucp::pay' ? { url, amount: usd(paid) } : { url };
    const context = { agent_id, session_id } as ActionRequest['context'];
    const request = { target, params, context, nonce: String(this.#record.length) };
    const view = budgetView((id) => this.#heads.get(id), this.#now);
    const decision = evaluate(this.#policy, subjectOf(request, {}), view);
    if (decision.verdict !== 'ALLOW') return;
    const hash = `sha256:${String(this.#admitted.length).padStart(64, '0')}` as Digest;
    const use = { at: this.#now, requestHash: hash };
    for (const each of decision.reservations) this.#reserve(each, use);
    const done = { at: this.#now, target, session: session_id, paid, hash };
    const admitted = { ...done, isGivenBack: false };
    this.#admitted.push(admitted);
    this.#open.push(admitted);
  }

  #reserve(reservation: Reservation, use: { at: bigint; requestHash: Digest }): void {
    this.#do((heads) => {
      const id = reservation.budget_id;
      heads.set(id, reserve(heads.get(id), reservation, use));
    });
  }

  /** An effect happened, or did not, or nobody knows. */
  #end(): void {
    const at = this.#random.below(Math.max(1, this.#open.length));
    const [ended] = this.#open.splice(at, 1);
    if (ended === undefined) return;
    const kind = this.#random.below(3);
    if (kind === 0) return;
    ended.isGivenBack = kind === 1;
    this.#do((heads) => {
      for (const [id, head] of heads) {
        heads.set(id, kind === 1 ? release(head, ended.hash) : settle(head, id, ended.hash));
      }
    });
  }

  /** What was recorded is folded again from nothing. */
  #crash(): void {
    const heads = new Map<string, BudgetHead>();
    for (const step of this.#record) step(heads);
    this.#heads = heads;
  }

  #do(step: (heads: Map<string, BudgetHead>) => void): void {
    this.#record.push(step);
    step(this.#heads);
  }

  #swap(): void {
    const next = policyOf(this.#policy.rules.rules.flatMap((rule) => this.#varied(rule)));
    if (next.policyHash === this.#policy.policyHash) return;
    if (includes(this.#policy, next).verdict !== 'included') return;
    this.#policy = next;
    this.#swaps += 1;
  }

  /** The rule as it is, split in two, tightened, loosened, renamed or gone. */
  #varied(rule: Rule): Rule[] {
    const { conditions } = rule;
    const renamed = (more: Conditions): Rule => {
      const rule_id = `rule_${this.#random.below(1_000_000)}`;
      return { ...rule, rule_id, conditions: { ...conditions, ...more } };
    };
    const { rate_limit: rate } = conditions;
    switch (this.#random.below(8)) {
      case 0:
        return [
          renamed({ allow_domains: ['a.example'] }),
          renamed({ allow_domains: ['b.example'] }),
        ];
      case 1:
        return rate
          ? [renamed({ rate_limit: { ...rate, count: 1 + this.#random.below(4) } })]
          : [rule];
      case 2:
        return rate
          ? [renamed({ rate_limit: { ...rate, window_ms: this.#pick(WINDOWS) } })]
          : [rule];
      case 3:
        return rate
          ? [renamed({}), renamed({ rate_limit: { count: 1, window_ms: 1000 } })]
          : [rule];
      case 4:
        return rate ? [rule] : [renamed({ max_day_spend: usd(this.#random.below(20)) })];
      case 5:
        return [renamed({})];
      case 6:
        return this.#random.below(4) === 0 ? [] : [rule];
      default:
        return [rule];
    }
  }

  *#overRates(): Generator<string> {
    const { count, windowMs } = this.#caps;
    for (const target of TARGETS.filter((each) => each !== 'ucp::pay')) {
      const calls = this.#admitted.filter((each) => each.target === target && !each.isGivenBack);
      for (const { at } of calls) {
        const since = at - BigInt(windowMs);
        const within = calls.filter((each) => each.at > since && each.at <= at).length;
        if (within > count) yield `${target}: ${within} calls in ${windowMs} ms, not ${count}`;
      }
    }
  }

  *#overSpends(): Generator<string> {
    const paid = this.#admitted.filter(({ target, isGivenBack }) => {
      return target === 'ucp::pay' && !isGivenBack;
    });
    const sum = (some: readonly Admitted[]): bigint =>
      some.reduce((total, each) => total + scaled(each.paid), 0n);
    for (const session of SESSIONS) {
      const spent = sum(paid.filter((each) => each.session === session));
      if (spent > scaled(this.#caps.session))
        yield `a session spent ${spent}, not ${this.#caps.session}`;
    }
    for (const { at } of paid) {
      const spent = sum(paid.filter((each) => each.at > at - DAY_MS && each.at <= at));
      if (spent > scaled(this.#caps.day)) yield `a day saw ${spent}, not ${this.#caps.day}`;
    }
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random.below(from.length)] as T;
  }
}

function policyOf(rules: Rule[]): CompiledPolicy {
  return compilePolicy({ policy_id: 'budgets', defaults: 'deny_all', rules });
}

function usd(amount: number): { amount: string; unit: string } {
  return { amount: String(amount), unit: 'usd' };
}

function scaled(amount: number): bigint {
  return scaleAmount(String(amount)) ?? 0n;
}
