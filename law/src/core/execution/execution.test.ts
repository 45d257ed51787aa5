import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import { TestAgent, TestNode, typingPolicy, workerOpening } from '../../testing/index.ts';
import { signableBytes } from '../governance/index.ts';
import { verificationOf } from '../workers/markers.ts';
import { executionKeys, type LeaseOfRunHead } from './heads.ts';

const RUN = `run_${'7a'.repeat(16)}`;
const HASH = digestBytes('something');
const LASTS = 10_000;

/** A node with a run that executors carry out, and two of them. */
class Bed {
  readonly node = new TestNode();

  constructor(isLeased = true) {
    new TestAgent(this.node).begin(typingPolicy);
    const opened = workerOpening('agent://local/worker/count', digestBytes('session'));
    this.do('workers/open', isLeased ? { ...opened, execution: 'leased' } : opened);
    for (const name of ['one', 'two']) this.do('execution/executor.admit', this.admission(name));
  }

  admission(name: string, sequence = '1', key: HybridKey = this.node.owner) {
    const admission = { name, key_hash: digestBytes(name), sequence };
    return { admission, signature: this.#signed('executor.admit', admission, key) };
  }

  dismissal(name: string, sequence = '2') {
    const dismissal = { name, sequence };
    return { dismissal, signature: this.#signed('executor.dismiss', dismissal, this.node.owner) };
  }

  #signed(operation: 'executor.admit' | 'executor.dismiss', statement: object, key: HybridKey) {
    const message = signableBytes({ operation, statement }, this.node.genesis);
    return signHybrid(key, 'SIG_DOMAIN_MANIFEST', message);
  }

  try(operation: string, payload: object): string {
    const admitted = this.node.tryAdmit(this.node.propose(operation, payload));
    return admitted.ok ? 'ok' : admitted.error.code;
  }

  do(operation: string, payload: object): void {
    this.node.seal(this.node.propose(operation, payload));
  }

  lease(fence: string, holder: string): object {
    return { run_id: RUN, fence, holder, lasts_ms: LASTS };
  }

  step(fence: string, index: number): object {
    return { run_id: RUN, fence, index, step_hash: HASH };
  }

  get head(): LeaseOfRunHead | undefined {
    return this.node.view.get<LeaseOfRunHead>(executionKeys.lease(RUN));
  }
}

test('the owner alone admits and dismisses executors, each change once', () => {
  const bed = new Bed();
  const forged = bed.admission('three', '1', bed.node.guardian);
  assert.equal(bed.try('execution/executor.admit', forged), 'governance.unauthorised');
  assert.equal(bed.try('execution/executor.admit', bed.admission('one')), 'executor.moved');
  const again = bed.admission('one', '2');
  assert.equal(bed.try('execution/executor.admit', again), 'executor.name_taken');
  bed.do('execution/executor.dismiss', bed.dismissal('one'));
  assert.equal(
    bed.try('execution/executor.dismiss', bed.dismissal('one')),
    'executor.not_admitted',
  );
  assert.equal(bed.try('execution/lease', bed.lease('1', 'one')), 'executor.not_admitted');
  assert.equal(bed.try('execution/lease', bed.lease('1', 'nobody')), 'executor.not_admitted');
  bed.do('execution/executor.admit', bed.admission('one', '3'));
  assert.equal(bed.try('execution/lease', bed.lease('1', 'one')), 'ok');
});

test('a run has one holder at a time; one that ran out is taken over under a higher fence', () => {
  const bed = new Bed();
  assert.equal(bed.try('execution/lease', bed.lease('2', 'one')), 'lease.fenced');
  bed.do('execution/lease', bed.lease('1', 'one'));
  assert.equal(bed.try('execution/lease', bed.lease('1', 'two')), 'lease.fenced');
  assert.equal(bed.try('execution/lease', bed.lease('2', 'two')), 'lease.held');
  assert.equal(bed.try('execution/lease', bed.lease('2', 'one')), 'ok', 'its holder begins anew');
  bed.do('execution/propose', bed.step('1', 0));
  bed.node.tick(BigInt(LASTS));
  assert.equal(bed.try('execution/renew', { run_id: RUN, fence: '1' }), 'lease.expired');
  assert.equal(bed.try('execution/propose', bed.step('1', 1)), 'lease.expired');
  bed.do('execution/lease', bed.lease('2', 'two'));
  assert.deepEqual([bed.head?.holder, bed.head?.next_step], ['two', 0]);
  // What the first does from now on is refused by its fence, whatever it is.
  const end = { run_id: RUN, fence: '1', outcome: 'returned', end_hash: HASH };
  assert.equal(bed.try('execution/propose', bed.step('1', 1)), 'lease.fenced');
  assert.equal(bed.try('execution/renew', { run_id: RUN, fence: '1' }), 'lease.fenced');
  assert.equal(bed.try('execution/return', end), 'lease.fenced');
  assert.equal(bed.try('execution/propose', bed.step('2', 0)), 'ok');
});

test('steps are proposed in order and once, and each renews the lease', () => {
  const bed = new Bed();
  bed.do('execution/lease', bed.lease('1', 'one'));
  assert.equal(bed.try('execution/propose', bed.step('1', 1)), 'lease.step_out_of_order');
  bed.node.tick(BigInt(LASTS - 1));
  bed.do('execution/propose', bed.step('1', 0));
  assert.equal(bed.try('execution/propose', bed.step('1', 0)), 'lease.step_repeated');
  bed.node.tick(BigInt(LASTS - 1));
  bed.do('execution/renew', { run_id: RUN, fence: '1' });
  bed.node.tick(BigInt(LASTS - 1));
  assert.equal(bed.try('execution/propose', bed.step('1', 1)), 'ok');
  bed.do('execution/executor.dismiss', bed.dismissal('one'));
  assert.equal(bed.try('execution/propose', bed.step('1', 1)), 'executor.not_admitted');
});

test('a leased run is completed by what the newest holder returned, and by nothing else', () => {
  const bed = new Bed();
  const verified = { run_id: RUN, output_commitment: HASH, task_schema_hash: HASH };
  const ending = { run_id: RUN, state: 'completed', acts: [], output_commitment: HASH };
  const whole = { ...ending, verification_commit: verificationOf(verified) };
  assert.equal(bed.try('workers/end', whole), 'run.not_returned');
  bed.do('execution/lease', bed.lease('1', 'one'));
  const end = { run_id: RUN, fence: '1', outcome: 'returned', end_hash: HASH };
  bed.do('execution/return', end);
  assert.equal(bed.try('execution/return', end), 'lease.ended');
  assert.equal(bed.try('execution/propose', bed.step('1', 0)), 'lease.ended');
  assert.equal(bed.try('workers/end', whole), 'ok');
  // The node stopped before it sealed the end: somebody else may have it, at once.
  bed.do('execution/lease', bed.lease('2', 'two'));
  assert.equal(bed.try('workers/end', whole), 'run.not_returned');
  bed.do('workers/end', { run_id: RUN, state: 'cancelled', acts: [] });
  assert.equal(bed.try('execution/propose', bed.step('2', 0)), 'run.not_open');
  assert.equal(bed.try('execution/lease', bed.lease('3', 'one')), 'run.not_open');
});

test('a run that its node carries out is leased to nobody', () => {
  const bed = new Bed(false);
  assert.equal(bed.try('execution/lease', bed.lease('1', 'one')), 'run.not_leased');
});
