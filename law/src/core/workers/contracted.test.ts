import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestBytes } from '@ioi/canon';
import type { EndWorkerRun, IntentContractSchema, OpenWorkerRun } from '@ioi/protocol';
import {
  INSTALLED_RUN,
  INSTALLED_SCHEMA,
  installedOpening,
  TestInstalls,
  workerManifest,
  workerOpening,
} from '../../testing/index.ts';
import { nodeEventsOf } from '../node-modules.ts';
import { verificationOf } from './markers.ts';

const TEMPLATE = 'tpl:counter.v1';
const rubric = { forbidden_words: ['sorry'], max_words: 5 };
const agreed: IntentContractSchema = { template_id: TEMPLATE, rubric };

function installed(): TestInstalls {
  const installs = new TestInstalls();
  const statement = installs.installation(workerManifest('v1.0.0', { template_id: TEMPLATE }));
  installs.do('install', installs.approved(installs.signed(statement)));
  return installs;
}

function opening(installs: TestInstalls, contract: IntentContractSchema, deadline?: string) {
  const opened = installedOpening(installs);
  const constraints = { ...opened.task.constraints, ...(deadline ? { deadline } : {}) };
  return { ...opened, task: { ...opened.task, constraints }, contract } satisfies OpenWorkerRun;
}

const done = (entry: string) => ({ entry, verdict: 'kept', why: 'the output is so' }) as const;
const KEPT = [done('rubric.forbidden_words'), done('rubric.max_words')];

function completed(judged?: EndWorkerRun['judged']): EndWorkerRun {
  const ending = { run_id: INSTALLED_RUN, state: 'completed' as const, acts: [] };
  const verified = verificationOf({ ...ending, task_schema_hash: INSTALLED_SCHEMA });
  return { ...ending, verification_commit: verified, ...(judged ? { judged } : {}) };
}

function endOf(installs: TestInstalls, payload: EndWorkerRun) {
  const [ended] = nodeEventsOf(installs.do('end', payload));
  assert.ok(ended?.type === 'worker_run.ended');
  return ended.completion;
}

test('a contract binds to the manifest of its template, its providers and its deadline', () => {
  const installs = installed();
  const refused = (contract: IntentContractSchema, deadline?: string) =>
    installs.try('open', opening(installs, contract, deadline));
  assert.equal(refused({ ...agreed, template_id: 'tpl:other' }), 'contract.other_template');
  const elsewhere = { ...agreed, allowed_providers: ['did:ioi:somebody'] };
  assert.equal(refused(elsewhere), 'contract.provider');
  const timed = { ...agreed, deadline_epoch: '1800000000000' };
  assert.equal(refused(timed), 'contract.deadline');
  assert.equal(refused(timed, '1800000000001'), 'contract.deadline');
  assert.equal(refused(timed, '1800000000000'), 'ok');
  const { worker_id: _, managed: __, ...about } = opening(installs, agreed);
  const other = workerOpening(about.agent_id, digestBytes('session'));
  assert.equal(installs.try('open', { ...other, contract: agreed }), 'contract.no_manifest');
});

test('a run is completed by its whole rubric, and by no entry of it that is broken', () => {
  const installs = installed();
  installs.do('open', opening(installs, agreed));
  assert.equal(installs.try('end', completed()), 'run.contract_unjudged');
  assert.equal(installs.try('end', completed(KEPT.slice(1))), 'run.contract_unjudged');
  const more = [...KEPT, done('rubric.tone')];
  assert.equal(installs.try('end', completed(more)), 'run.contract_unjudged');
  const [first, second] = KEPT;
  const broken = [first!, { ...second!, verdict: 'broken' as const }];
  assert.equal(installs.try('end', completed(broken)), 'run.contract_broken');
  const failed = { run_id: INSTALLED_RUN, state: 'failed' as const, acts: [], judged: broken };
  const completion = endOf(installs, { ...failed, code: 'run.contract_broken' });
  assert.equal(completion.error_class, 'ExecutionContractViolation');
  assert.deepEqual([completion.contract?.verdict, completion.satisfied], ['broken', false]);
});

test('what is not decided does not satisfy, and an end without a contract has no verdict', () => {
  const plain = installed();
  plain.do('open', opening(plain, agreed));
  const kept = endOf(plain, completed(KEPT));
  assert.deepEqual(
    [kept.contract?.tier, kept.contract?.verdict, kept.satisfied],
    ['4A', 'kept', true],
  );
  const tasteful = installed();
  tasteful.do('open', opening(tasteful, { ...agreed, rubric: { ...rubric, tone: 'kind' } }));
  const open = endOf(tasteful, completed(KEPT));
  assert.deepEqual([open.state, open.satisfied, open.contract?.tier], ['completed', false, '4B']);
  const tone = open.contract?.judged.find(({ entry }) => entry === 'rubric.tone');
  assert.equal(tone?.verdict, 'not_decided');
  const none = installed();
  none.do('open', installedOpening(none));
  assert.equal(none.try('end', completed(KEPT)), 'run.contract_unjudged');
  const bare = endOf(none, completed());
  assert.deepEqual([bare.contract, bare.satisfied], [undefined, true]);
});

test('a run that came to nothing kept no contract, whatever of it could be kept', () => {
  const authority = workerManifest('v1.0.0', {}).authority;
  const fields = { allowed_providers: [authority], outcome_type: 'worker_result' };
  for (const state of ['cancelled', 'failed'] as const) {
    const installs = installed();
    const contract = { template_id: TEMPLATE, ...fields, deadline_epoch: '1900000000000' };
    installs.do('open', opening(installs, contract, '1900000000000'));
    const { contract: found } = endOf(installs, { run_id: INSTALLED_RUN, state, acts: [] });
    assert.equal(found?.verdict, 'not_decided');
    const kept = found.judged.filter(({ verdict }) => verdict === 'kept');
    assert.deepEqual(
      kept.map(({ entry }) => entry),
      ['allowed_providers'],
    );
  }
});
