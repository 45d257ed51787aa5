import { type SeededRandom, seededRandom } from '@ioi/basis';
import type { DecideAction, IssueCertificate } from '@ioi/protocol';
import { notesPolicy } from './artifacts.ts';
import { TestAgent } from './test-agent.ts';
import { TestNode } from './test-node.ts';
import { scopedPay, scopedWrite, TestOwner } from './test-owner.ts';

/** What this oracle knows of a certificate: what it was given, and what was done below it. */
type Branch = {
  readonly id: string;
  readonly name: string;
  readonly parent: Branch | undefined;
  readonly calls: number | undefined;
  readonly budget: number;
  readonly expires: bigint;
  usedCalls: number;
  spent: number;
  isRevoked: boolean;
};

type Leaf = { readonly grantId: string; readonly above: Branch };

export type DelegationTree = {
  /** Certificates that were exceeded, or acts under what had ended, in words. */
  readonly overruns: readonly string[];
  readonly committed: number;
  readonly refused: number;
  readonly certificates: number;
};

const STEPS = 40;
const HOUR_MS = 3_600_000n;

/** A node that many trees grow on, one after the other: keys and policy are made once. */
export class DelegationGround {
  readonly node = new TestNode();
  readonly agent = new TestAgent(this.node);
  readonly owner = new TestOwner(this.node);
  #trees = 0;

  constructor() {
    const pay = notesPolicy.rules.find(({ rule_id }) => rule_id === 'pay_little');
    if (!pay) throw new Error('the test policy lets little be paid');
    const conditions = { max_spend: { amount: '1000', unit: 'usd' } };
    this.agent.begin({
      ...notesPolicy,
      rules: [{ ...pay, conditions }, ...notesPolicy.rules.slice(2)],
    });
    this.owner.begin();
  }

  /** One tree: what its certificates were given is held against all that was done below them. */
  grow(seed: number | string): DelegationTree {
    this.#trees += 1;
    return new Tree(this, seededRandom(seed), `tree${this.#trees}`).run();
  }
}

class Tree {
  readonly #ground: DelegationGround;
  readonly #random: SeededRandom;
  readonly #name: string;
  readonly #branches: Branch[] = [];
  readonly #leaves: Leaf[] = [];
  readonly #overruns: string[] = [];
  #committed = 0;
  #refused = 0;

  constructor(ground: DelegationGround, random: SeededRandom, name: string) {
    this.#ground = ground;
    this.#random = random;
    this.#name = name;
  }

  run(): DelegationTree {
    this.#delegate(undefined);
    for (let step = 0; step < STEPS; step += 1) this.#step();
    for (const branch of this.#branches) this.#hold(branch);
    return {
      overruns: this.#overruns,
      committed: this.#committed,
      refused: this.#refused,
      certificates: this.#branches.length,
    };
  }

  #step(): void {
    const what = this.#random.below(12);
    if (what < 3) this.#delegate(this.#pick(this.#branches));
    else if (what < 5) this.#grant(this.#pick(this.#branches));
    else if (what < 11) this.#act(this.#pick(this.#leaves));
    else if (this.#random.below(3) === 0) this.#revoke(this.#pick(this.#branches));
    else this.#ground.node.tick(BigInt(this.#random.below(2)) * HOUR_MS);
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#random.below(Math.max(1, from.length))];
  }

  /** Mostly within what the issuer has, sometimes more: what goes further must be refused. */
  #terms(parent: Branch | undefined): Terms {
    const { chainTime } = this.#ground.node;
    const isWild = parent === undefined || this.#random.below(4) === 0;
    if (isWild) {
      const calls = this.#random.below(3) === 0 ? undefined : 4 + this.#random.below(12);
      const expires = chainTime + BigInt(6 + this.#random.below(12)) * HOUR_MS;
      return { budget: 20 + this.#random.below(30), calls, expires };
    }
    const budget =
      Math.ceil(parent.budget / 2) + this.#random.below(Math.floor(parent.budget / 2) + 1);
    const calls = parent.calls === undefined ? undefined : 1 + this.#random.below(parent.calls);
    return { budget, calls, expires: parent.expires };
  }

  #delegate(parent: Branch | undefined): void {
    if (this.#branches.length > 0 && parent === undefined) return;
    const { budget, calls, expires } = this.#terms(parent);
    const name = `${this.#name}.${this.#branches.length}`;
    const issued = this.#ground.owner.certificate(
      name,
      { ...linkTo(parent), constraints: constraintsOf({ budget, calls, expires }) },
      parent?.name,
    );
    if (!this.#admits('certificate.issue', issued)) return;
    const id = issued.certificate.certificate_id;
    const given = { id, name, parent, calls, budget, expires };
    if (parent && wider(given, parent)) this.#overruns.push(`${name} is wider than its issuer`);
    this.#branches.push({ ...given, usedCalls: 0, spent: 0, isRevoked: false });
  }

  #grant(above: Branch | undefined): void {
    if (above === undefined) return;
    const { owner } = this.#ground;
    const { budget, calls, expires } = this.#terms(above);
    const constraints = constraintsOf({ budget, calls, expires });
    const terms = { certificate_id: above.id, constraints };
    const issued = owner.grant(owner.ask(), terms, owner.keyOf(above.name));
    if (!this.#admits('grant.issue', issued)) return;
    this.#leaves.push({ grantId: issued.grant.authority_grant_id, above });
  }

  #admits(operation: string, payload: object): boolean {
    const { node } = this.#ground;
    const [result] = node.commit([node.propose(`wallet/${operation}`, payload)]);
    if (!result?.ok) this.#refused += 1;
    return result?.ok === true;
  }

  #act(leaf: Leaf | undefined): void {
    if (leaf === undefined) return;
    const { node, agent } = this.#ground;
    const isPaid = this.#random.below(3) > 0;
    const paid = isPaid ? 1 + this.#random.below(12) : 0;
    const asked = isPaid
      ? agent.ask(agent.request('ucp::pay', { amount: dollarsOf(paid) }), scopedPay)
      : agent.ask(agent.request('fs::write', { path: '/notes/a', content: 'x' }), scopedWrite, {
          target_exists: false,
        });
    const payload: DecideAction = { ...asked.payload, authority_grant_id: leaf.grantId };
    const [result] = node.commit([node.propose('action.decide', payload)]);
    const isCommitted = agent.action(asked.request).state === 'committed';
    if (!result?.ok || !isCommitted) {
      this.#refused += 1;
      if (result?.ok) agent.deny(asked);
      return;
    }
    this.#committed += 1;
    this.#use(leaf.above, paid, 1);
    const contract = isPaid ? scopedPay : scopedWrite;
    const execution = agent.execution(asked, contract);
    const what = this.#random.below(3);
    if (what === 0) {
      agent.record({ ...execution, outcome: 'failed_before_effect' });
      this.#use(leaf.above, -paid, -1);
    } else if (what === 1) agent.record({ ...execution, outcome: 'effect_unknown' });
  }

  #use(leaf: Branch, paid: number, calls: number): void {
    for (let at: Branch | undefined = leaf; at; at = at.parent) {
      if (calls > 0 && (at.isRevoked || at.expires <= this.#ground.node.chainTime)) {
        this.#overruns.push(`${at.name} had ended, and something was done under it`);
      }
      at.usedCalls += calls;
      at.spent += paid;
      this.#hold(at);
    }
  }

  #hold({ name, usedCalls, calls, spent, budget }: Branch): void {
    if (calls !== undefined && usedCalls > calls)
      this.#overruns.push(`${name}: ${usedCalls} calls`);
    if (spent > budget) this.#overruns.push(`${name}: ${spent} of ${budget}`);
  }

  #revoke(branch: Branch | undefined): void {
    if (!branch || branch.isRevoked) return;
    if (this.#admits('certificate.revoke', this.#ground.owner.endCertificate(branch.id))) {
      branch.isRevoked = true;
    }
  }
}

type Terms = {
  readonly budget: number;
  readonly calls: number | undefined;
  readonly expires: bigint;
};

function linkTo(parent: Branch | undefined) {
  return parent === undefined ? {} : { parent_id: parent.id };
}

function constraintsOf({ budget, calls, expires }: Terms) {
  return {
    max_budget_usd: String(budget),
    expires_at: String(expires),
    ...(calls === undefined ? {} : { max_calls: String(calls) }),
  } satisfies IssueCertificate['certificate']['constraints'];
}

function wider(inner: Terms, outer: Terms): boolean {
  const innerCalls = inner.calls ?? Number.POSITIVE_INFINITY;
  const outerCalls = outer.calls ?? Number.POSITIVE_INFINITY;
  return inner.budget > outer.budget || innerCalls > outerCalls || inner.expires > outer.expires;
}

function dollarsOf(amount: number) {
  return { amount: String(amount), unit: 'usd' };
}
