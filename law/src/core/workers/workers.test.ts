import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import type { OpenWorkerRun } from '@ioi/protocol';
import { TestAgent, TestNode, typingPolicy, workerOpening } from '../../testing/index.ts';
import { nodeEventsOf } from '../node-modules.ts';
import { workerKeys } from './heads.ts';
import { verificationOf } from './markers.ts';
import { isStepContract, stepContracts } from './step-contracts.ts';

const RUN = `run_${'7a'.repeat(16)}`;
const HASH = digestBytes('something');

function opening(): OpenWorkerRun {
  return workerOpening('agent://local/worker/count', digestBytes('session'));
}

function begun(): TestNode {
  const agent = new TestAgent(new TestNode());
  agent.begin(typingPolicy);
  agent.node.seal(agent.node.propose('workers/open', opening()));
  return agent.node;
}

function refusalOf(node: TestNode, operation: string, payload: object): string {
  const admitted = node.tryAdmit(node.propose(operation, payload));
  return admitted.ok ? 'admitted' : admitted.error.code;
}

const answer = { run_id: RUN, index: 0, step_hash: HASH, answer_commitment: HASH };

test('a run is opened once, for the worker that was taken', () => {
  const node = begun();
  assert.equal(refusalOf(node, 'workers/open', opening()), 'run.exists');
  const other = { ...opening(), run_id: `run_${'00'.repeat(16)}` };
  const wrong = { ...other, program_hash: digestBytes('another program') };
  assert.equal(refusalOf(node, 'workers/open', wrong), 'run.marker_wrong');
  const head = node.view.get<{ state: string }>(workerKeys.run(RUN));
  assert.equal(head?.state, 'open');
});

test('what a worker was told is not told otherwise, and nothing is told once it ended', () => {
  const node = begun();
  const remembers = { key_hash: HASH, value: digestBytes('remembered') };
  const labels = ['server:web'];
  node.seal(node.propose('workers/answer', { ...answer, remembers, labels }));
  assert.equal(refusalOf(node, 'workers/answer', answer), 'run.step_answered');
  const kept = node.view.get(workerKeys.memory('worker://local/count', HASH));
  assert.deepEqual(kept, { value: remembers.value, labels });
  node.seal(node.propose('workers/end', { run_id: RUN, state: 'cancelled', acts: [] }));
  assert.equal(refusalOf(node, 'workers/answer', { ...answer, index: 1 }), 'run.not_open');
});

test('a run without a required marker is not completed', () => {
  const node = begun();
  const verified = { run_id: RUN, output_commitment: HASH, task_schema_hash: HASH };
  const ending = { run_id: RUN, state: 'completed', acts: [], output_commitment: HASH };
  assert.equal(refusalOf(node, 'workers/end', ending), 'run.marker_missing');
  const wrong = { ...ending, verification_commit: HASH };
  assert.equal(refusalOf(node, 'workers/end', wrong), 'run.marker_wrong');
  const other = { ...verified, task_schema_hash: digestBytes('another shape') };
  const elsewhere = { ...ending, verification_commit: verificationOf(other) };
  assert.equal(refusalOf(node, 'workers/end', elsewhere), 'run.marker_wrong');
  const unknown = { ...ending, acts: [HASH], verification_commit: verificationOf(verified) };
  assert.equal(refusalOf(node, 'workers/end', unknown), 'run.act_foreign');
});

test('a completed run is bound by session, policy and the root of its receipts', () => {
  const bound = (answers: number) => {
    const node = begun();
    for (let index = 0; index < answers; index += 1) {
      node.seal(node.propose('workers/answer', { ...answer, index }));
    }
    const verified = { run_id: RUN, output_commitment: HASH, task_schema_hash: HASH };
    const ending = { run_id: RUN, state: 'completed', acts: [], output_commitment: HASH };
    const payload = { ...ending, verification_commit: verificationOf(verified) };
    const entry = node.seal(node.propose('workers/end', payload));
    const [ended] = nodeEventsOf(entry);
    assert.ok(ended?.type === 'worker_run.ended');
    return ended;
  };
  const { commitment, completion } = bound(2);
  assert.equal(commitment.session_id, opening().session_id);
  assert.equal(commitment.final_seq, '2');
  assert.ok(completion.satisfied && completion.error_class === undefined);
  assert.notEqual(bound(1).commitment.receipt_root, commitment.receipt_root);
});

test('a run that failed says of what class', () => {
  const classOf = (code: string) => {
    const node = begun();
    const payload = { run_id: RUN, state: 'failed', acts: [], code };
    const entry = node.seal(node.propose('workers/end', payload));
    const [ended] = nodeEventsOf(entry);
    return ended?.type === 'worker_run.ended' ? ended.completion.error_class : undefined;
  };
  assert.equal(classOf('run.not_replayable'), 'ExecutionContractViolation');
  assert.equal(classOf('worker.died'), 'ExecutionFailedTerminal');
});

test('the contracts of steps are told from those of a server that took the name', () => {
  for (const contract of stepContracts.values()) {
    assert.ok(isStepContract(contract));
    assert.ok(!isStepContract({ ...contract, server: 'files' }));
    assert.ok(!isStepContract({ ...contract, schema_hash: HASH }));
  }
});
