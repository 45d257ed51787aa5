import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import type { HeadChange, HeadKey, Module, NamedOperation } from '@ioi/protocol';
import { admitExecutor, dismissExecutor, EXECUTION, type ExecutorEvent } from './executors.ts';
import { executionKeys } from './heads.ts';
import { type LeaseEvent, leaseRun, proposeStep, renewLease, returnLease } from './leases.ts';

const VERSION = '1';
const MOST_EXECUTORS = 1000;

export const LEASE_RUN = `${EXECUTION}/lease`;
export const RENEW_LEASE = `${EXECUTION}/renew`;
export const PROPOSE_STEP = `${EXECUTION}/propose`;
export const RETURN_LEASE = `${EXECUTION}/return`;

export type ExecutionEvent = ExecutorEvent | LeaseEvent;

/** Machines that carry out runs, and which of them has which run (whitepaper 2.2, plane C). */
export function executionModule(registry: VerifierRegistry): Module<ExecutionEvent> {
  const operations = {
    'executor.admit': admitExecutor(registry) as unknown as NamedOperation<ExecutionEvent>,
    'executor.dismiss': dismissExecutor(registry) as unknown as NamedOperation<ExecutionEvent>,
    lease: leaseRun as unknown as NamedOperation<ExecutionEvent>,
    renew: renewLease as unknown as NamedOperation<ExecutionEvent>,
    propose: proposeStep as unknown as NamedOperation<ExecutionEvent>,
    return: returnLease as unknown as NamedOperation<ExecutionEvent>,
  };
  const manifest = { name: EXECUTION, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: EXECUTION,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: { executor: { limit: MOST_EXECUTORS }, run_lease: { limit: undefined } },
    operations,
    touches: (event) => [keyOf(event)],
    evolve: (_, event) => [changeOf(event)],
  };
}

function keyOf(event: ExecutionEvent): HeadKey {
  if ('executor' in event) return executionKeys.executor(event.executor.name);
  return executionKeys.lease(event.run_id);
}

function changeOf(event: ExecutionEvent): HeadChange {
  return { key: keyOf(event), value: 'executor' in event ? event.executor : event.lease };
}
