import { ok, type Result } from '@ioi/basis';
import {
  type HeadKey,
  isLeaseRun,
  isProposeStep,
  isRenewLease,
  isReturnLease,
  type LeaseRun,
  type Operation,
  type ProposeStep,
  type Rejection,
  type RenewLease,
  type ReturnLease,
  type View,
} from '@ioi/protocol';
import { reject } from '../governance/authority.ts';
import { type WorkerRunHead, workerKeys } from '../workers/heads.ts';
import { admittedIn } from './executors.ts';
import { executionKeys, isFree, type LeaseOfRunHead, nextFence } from './heads.ts';

export type LeaseEvent = {
  readonly type: 'run.leased' | 'run.lease_renewed' | 'run.step_proposed' | 'run.lease_returned';
  readonly run_id: string;
  readonly lease: LeaseOfRunHead;
};

type Held<P> = Operation<P, LeaseEvent>;

/** What is said under a lease, of the run that it is of. */
type Under = { readonly run_id: string; readonly fence: string };

/**
 * A run is carried out by one executor at a time: by a fence that only rises, and an end in Chain
 * Time. What was begun under an earlier one is refused from here on, by its fence.
 */
export const leaseRun: Held<LeaseRun> = {
  authors: ['channel'],
  accepts: isLeaseRun,
  reads: ({ run_id, holder }) => [
    workerKeys.run(run_id),
    executionKeys.lease(run_id),
    executionKeys.executor(holder),
  ],
  needs: () => [],
  decide: ({ run_id, fence, holder, lasts_ms }, { view, at }) => {
    const open = openIn(view, run_id);
    if (!open.ok) return open;
    const admitted = admittedIn(view, holder);
    if (!admitted.ok) return admitted;
    const before = view.get<LeaseOfRunHead>(executionKeys.lease(run_id));
    if (fence !== nextFence(before)) return fenced(fence, before);
    if (before !== undefined && before.holder !== holder && !isFree(before, at.chainTime)) {
      const message = `${before.holder} has it until ${before.expires}, fence ${before.fence}`;
      return reject('lease.held', message);
    }
    const expires = String(at.chainTime + BigInt(lasts_ms));
    const lease = { fence, holder, expires, lasts_ms, next_step: 0 };
    return ok([{ type: 'run.leased', run_id, lease }]);
  },
};

export const renewLease: Held<RenewLease> = {
  authors: ['channel'],
  accepts: isRenewLease,
  reads: readsUnder,
  needs: () => [],
  decide: (renewal, { view, at }) => {
    const { run_id } = renewal;
    const held = heldIn(view, renewal, at.chainTime);
    if (!held.ok) return held;
    return ok([{ type: 'run.lease_renewed', run_id, lease: longer(held.value, at.chainTime) }]);
  },
};

/** In order, each once: what is said again was said before, by whomever. */
export const proposeStep: Held<ProposeStep> = {
  authors: ['channel'],
  accepts: isProposeStep,
  reads: readsUnder,
  needs: () => [],
  decide: ({ index, ...proposal }, { view, at }) => {
    const { run_id } = proposal;
    const held = heldIn(view, proposal, at.chainTime);
    if (!held.ok) return held;
    const { next_step, fence } = held.value;
    if (index < next_step) {
      return reject('lease.step_repeated', `step ${index} was proposed under fence ${fence}`);
    }
    if (index > next_step) {
      return reject('lease.step_out_of_order', `step ${index} where ${next_step} was next`);
    }
    const lease = { ...longer(held.value, at.chainTime), next_step: index + 1 };
    return ok([{ type: 'run.step_proposed', run_id, lease }]);
  },
};

export const returnLease: Held<ReturnLease> = {
  authors: ['channel'],
  accepts: isReturnLease,
  reads: readsUnder,
  needs: () => [],
  decide: ({ outcome, end_hash, ...under }, { view, at }) => {
    const held = heldIn(view, under, at.chainTime);
    if (!held.ok) return held;
    const lease = { ...held.value, ended: { outcome, end_hash } };
    return ok([{ type: 'run.lease_returned', run_id: under.run_id, lease }]);
  },
};

function readsUnder({ run_id }: Under, view: View): readonly HeadKey[] {
  const own = [workerKeys.run(run_id), executionKeys.lease(run_id)];
  const lease = view.get<LeaseOfRunHead>(executionKeys.lease(run_id));
  return lease === undefined ? own : [...own, executionKeys.executor(lease.holder)];
}

/** The newest lease, where this is it, it holds, and its holder is still wanted. */
function heldIn(
  view: View,
  { run_id, fence }: Under,
  now: bigint,
): Result<LeaseOfRunHead, Rejection> {
  const open = openIn(view, run_id);
  if (!open.ok) return open;
  const lease = view.get<LeaseOfRunHead>(executionKeys.lease(run_id));
  if (lease === undefined || lease.fence !== fence) return fenced(fence, lease);
  const admitted = admittedIn(view, lease.holder);
  if (!admitted.ok) return admitted;
  if (lease.ended !== undefined) {
    return reject('lease.ended', `its holder said its end under fence ${fence}`);
  }
  if (now >= BigInt(lease.expires)) {
    return reject('lease.expired', `the lease with fence ${fence} ran out at ${lease.expires}`);
  }
  return ok(lease);
}

function openIn(view: View, runId: string): Result<WorkerRunHead, Rejection> {
  const head = view.get<WorkerRunHead>(workerKeys.run(runId));
  if (head?.state !== 'open') {
    return reject('run.not_open', `${runId} is ${head?.state ?? 'unknown'}`);
  }
  if (head.run.execution === 'leased') return ok(head);
  return reject('run.not_leased', `${runId} is carried out by its node`);
}

function longer(lease: LeaseOfRunHead, now: bigint): LeaseOfRunHead {
  return { ...lease, expires: String(now + BigInt(lease.lasts_ms)) };
}

function fenced(fence: string, newest: LeaseOfRunHead | undefined): Result<never, Rejection> {
  const message = `fence ${fence} is not the newest, which is ${newest?.fence ?? 'none'}`;
  return reject('lease.fenced', message);
}
