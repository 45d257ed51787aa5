import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  didOf,
  type HybridPublicKey,
  isManagedInvocationReceipt,
  isManagedWorkerInstanceEnvelope,
  isMutationReceipt,
  isWorkerInstallReceipt,
  type LogEntry,
  type OpenWorkerRun,
  type WorkerManifest,
} from '@ioi/protocol';
import {
  hashOf,
  INSTALLED_ID,
  INSTALLED_RUN,
  INSTALLED_SCHEMA,
  installedOpening,
  PUBLISHERS,
  TestInstalls,
  workerManifest,
  writeContract,
} from '../../testing/index.ts';
import { NO_HASH, rehearse } from '../governance/index.ts';
import { nodeEventsOf } from '../node-modules.ts';
import { manifestRoot } from '../packages/index.ts';
import { questionContract } from '../person/index.ts';
import { undeclaredIn } from './managed.ts';
import { verificationOf } from './markers.ts';
import { installWords } from './statements.ts';
import { compareVersions, workerInclusion } from './widening.ts';

const [, other] = PUBLISHERS;

function mutationIn(entry: LogEntry) {
  const found = nodeEventsOf(entry).find(({ type }) => type === 'receipt.emitted');
  assert.ok(found?.type === 'receipt.emitted' && isMutationReceipt(found.receipt.body));
  return found.receipt.body;
}

test('a worker is installed by the signature of the owner and a token over exactly it', () => {
  const installs = new TestInstalls();
  const installation = installs.installation(workerManifest('v1.0.0'));
  const signed = installs.signed(installation);
  assert.equal(installs.try('install', signed), 'approval.required');
  const foreign = installs.signed(installation, installs.node.guardian);
  assert.equal(installs.try('install', installs.approved(foreign)), 'governance.unauthorised');
  // The package was exchanged between what was shown and what is signed.
  const swapped = { ...installation, package: hashOf('another package') };
  const exchanged = { ...installs.approved(signed), installation: swapped };
  assert.equal(installs.try('install', exchanged), 'governance.unauthorised');
  const approvedOther = installs.approved(installs.signed(swapped), installation);
  assert.equal(installs.try('install', approvedOther), 'approval.invalid');
  const entry = installs.do('install', installs.approved(signed));
  const [, installed] = nodeEventsOf(entry);
  assert.ok(installed?.type === 'worker.installed');
  assert.ok(isWorkerInstallReceipt(installed.receipt));
  assert.ok(isManagedWorkerInstanceEnvelope(installed.installed.instance));
  const { instance_id, lifecycle_status } = installed.installed.instance;
  assert.equal(installed.receipt.created_instance_ref, `inst://${instance_id}`);
  assert.equal(lifecycle_status, 'ready');
  const { inclusion_result, token_hash, target_module_id } = mutationIn(entry);
  assert.deepEqual([inclusion_result, target_module_id], ['wider', INSTALLED_ID]);
  assert.ok(token_hash !== undefined);
  // Two installs of one moment: the second is about what is no longer there.
  assert.equal(installs.try('install', installs.approved(signed)), 'worker.moved');
});

test('a manifest that its publisher did not sign is refused by name', () => {
  const installs = new TestInstalls();
  const manifest = workerManifest('v1.0.0');
  const wider = { ...manifest, capabilities_required: ['prim:sys.exec'] };
  const forged = { ...manifest, authority: didOf(other.publicKey as HybridPublicKey) };
  const foreign = workerManifest('v1.0.0', { capabilities_required: ['prim:math.eval'] });
  const refused = [
    [wider, 'package.bad_signature'],
    [forged, 'package.authority_mismatch'],
    [foreign, 'ontology.foreign_primitive'],
  ] as const;
  for (const [each, code] of refused) {
    const payload = installs.approved(installs.signed(installs.installation(each)));
    assert.equal(installs.try('install', payload), code);
  }
  for (const persistence_profile of ['warm', 'persistent', 'zero_to_idle']) {
    const asked = installs.installation(manifest, { persistence_profile });
    const payload = installs.approved(installs.signed(asked));
    assert.equal(installs.try('install', payload), 'worker.profile_unsupported');
  }
});

test('a version that asks for no more needs the signature alone, one that does a token', () => {
  const installs = new TestInstalls();
  installs.install(workerManifest('v1.0.0'));
  const instance = installs.head()?.instance.instance_id;
  const narrow = workerManifest('v1.1.0', { capabilities_required: ['prim:fs.read'] });
  const entry = installs.do('install', installs.signed(installs.installation(narrow)));
  assert.equal(mutationIn(entry).inclusion_result, 'narrower');
  assert.equal(installs.head()?.instance.instance_id, instance);
  const wide = installs.installation(workerManifest('v1.2.0'));
  assert.equal(installs.try('install', installs.signed(wide)), 'approval.required');
  const words = installWords.install(wide as never, installs.node.view);
  assert.ok(words.includes('+ prim:fs.write') && words.includes('  prim:fs.read'), words.join());
  installs.do('install', installs.approved(installs.signed(wide)));
});

test('an older version, another package of one, and another publisher are refused by name', () => {
  const installs = new TestInstalls();
  installs.install(workerManifest('v1.2.0'));
  const tried = (manifest: WorkerManifest, changed = {}): string =>
    installs.try('install', installs.signed(installs.installation(manifest, changed)));
  assert.equal(tried(workerManifest('v1.2.0')), 'worker.already_installed');
  assert.equal(tried(workerManifest('v1.1.9')), 'worker.downgrade');
  const again = workerManifest('1.2.0', { package: { type: 'tar', digest: hashOf('other') } });
  assert.equal(tried(again), 'worker.downgrade');
  assert.equal(tried(workerManifest('v2.0.0', {}, other)), 'worker.other_publisher');
  assert.equal(tried(workerManifest('v1.1.9'), { may_downgrade: true }), 'ok');
});

test('what is removed is not started, and is installed anew as another instance', () => {
  const installs = new TestInstalls();
  assert.equal(installs.try('remove', installs.removal()), 'worker.not_installed');
  installs.install(workerManifest('v1.0.0'));
  const instance = installs.head()?.instance.instance_id;
  const forged = { ...installs.removal(), signature: installs.signed as never };
  assert.notEqual(installs.try('remove', forged), 'ok');
  const removed = mutationIn(installs.do('remove', installs.removal()));
  assert.deepEqual([removed.new_manifest_hash, removed.inclusion_result], [NO_HASH, 'narrower']);
  assert.equal(installs.head()?.instance.lifecycle_status, 'revoked');
  assert.equal(installs.try('open', installedOpening(installs)), 'worker.not_installed');
  const anew = installs.signed(installs.installation(workerManifest('v1.0.0')));
  assert.equal(installs.try('install', anew), 'approval.required');
  installs.do('install', installs.approved(anew));
  assert.notEqual(installs.head()?.instance.instance_id, instance);
});

test('a run is of what is installed, within what its manifest declares', () => {
  const installs = new TestInstalls();
  installs.install(workerManifest('v1.0.0'));
  const good = installedOpening(installs);
  const wrong: [Partial<OpenWorkerRun>, string][] = [
    [{ program_hash: hashOf('another') }, 'worker.moved'],
    [{ worker_id: 'worker://local/count' }, 'worker.moved'],
    [{ task: { ...good.task, objective: 'other' } }, 'worker.no_task'],
    [{ task_schema_hash: hashOf('another schema') }, 'worker.no_task'],
    [
      { task: { ...good.task, primitive_capabilities_required: ['prim:sys.exec'] } },
      'worker.other_bounds',
    ],
  ];
  for (const [changed, code] of wrong) {
    assert.equal(installs.try('open', installedOpening(installs, changed)), code);
  }
  const needs = (prim: string) => ({
    ...{ server: 'web', schema_hash: hashOf('schema') },
    target: 'net::fetch',
    primitive_capabilities: [prim],
    authority_scopes: [],
  });
  assert.equal(undeclaredIn(good, needs('prim:fs.read')), undefined);
  assert.equal(undeclaredIn(good, needs('prim:net.request'))?.code, 'step.undeclared');
  const nothing = { ...needs('prim:fs.read'), primitive_capabilities: [] };
  assert.equal(undeclaredIn(good, nothing)?.code, 'step.undeclared');
  assert.equal(undeclaredIn(good, questionContract()), undefined, 'a rule lets it ask a person');
  const { managed: _, ...plain } = good;
  assert.equal(undeclaredIn(plain, needs('prim:net.request')), undefined);
});

test('every end of a run gives a receipt bound to its Commitment, and the instance a root', () => {
  const installs = new TestInstalls();
  installs.install(workerManifest('v1.0.0'));
  installs.do('open', installedOpening(installs));
  const before = installs.head()?.instance.receipt_root;
  const ending = {
    run_id: INSTALLED_RUN,
    state: 'completed',
    acts: [],
    output_commitment: hashOf('out'),
  };
  const payload = {
    ...ending,
    verification_commit: verificationOf({ ...ending, task_schema_hash: INSTALLED_SCHEMA }),
  };
  const [ended] = nodeEventsOf(installs.do('end', payload));
  assert.ok(ended?.type === 'worker_run.ended');
  const { invocation, commitment } = ended;
  assert.ok(isManagedInvocationReceipt(invocation));
  assert.deepEqual(invocation.artifact_refs, [`artifact://commitment/${hashOf(commitment)}`]);
  assert.equal(invocation.invocation_ref, `invocation://${INSTALLED_RUN}`);
  assert.equal(invocation.output_commitment, hashOf('out'));
  assert.notEqual(installs.head()?.instance.receipt_root, before);
});

test('where a person decides each act of a run, one done without completes nothing', () => {
  const installs = new TestInstalls();
  installs.install(workerManifest('v1.0.0'));
  const { agent } = installs;
  const asking = { ...writeContract, approval: 'always' as const };
  agent.node.seal(agent.node.propose('contract.register', { contract: asking }));
  const facts = { target_exists: false };
  const done = (contract: typeof writeContract, path: string) => {
    const asked = agent.ask(agent.request('fs::write', { path }), contract, facts);
    agent.decide(asked);
    if (contract.approval) agent.approve(asked);
    agent.complete(asked, contract);
    return asked.request;
  };
  const [unasked, approved] = [done(writeContract, '/notes/1'), done(asking, '/notes/2')];
  const { agent_id } = unasked.context;
  const opening = { ...installedOpening(installs), agent_id, approval: 'always' as const };
  const { managed: _, ...unmanaged } = opening;
  assert.equal(installs.try('open', unmanaged), 'run.own_bounds');
  installs.do('open', opening);
  const ended = (acts: readonly string[]): string => {
    const ending = { run_id: INSTALLED_RUN, state: 'completed', acts };
    const verified = verificationOf({ ...ending, task_schema_hash: INSTALLED_SCHEMA });
    return installs.try('end', { ...ending, verification_commit: verified });
  };
  assert.equal(ended([hashOf(approved), hashOf(unasked)]), 'run.act_undeclared');
  assert.equal(ended([hashOf(approved)]), 'ok');
});

test('an act beyond what its manifest declares completes no run', () => {
  const installs = new TestInstalls();
  installs.install(workerManifest('v1.0.0', { capabilities_required: ['prim:fs.read'] }));
  const { agent } = installs;
  const written = agent.write('/notes/by-worker');
  agent.decide(written);
  agent.complete(written);
  const { agent_id } = written.request.context;
  installs.do('open', { ...installedOpening(installs), agent_id });
  const ending = { run_id: INSTALLED_RUN, state: 'completed', acts: [hashOf(written.request)] };
  const payload = {
    ...ending,
    verification_commit: verificationOf({ ...ending, task_schema_hash: INSTALLED_SCHEMA }),
  };
  assert.equal(installs.try('end', payload), 'run.act_undeclared');
  const failed = {
    run_id: INSTALLED_RUN,
    state: 'failed',
    acts: ending.acts,
    code: 'run.act_undeclared',
  };
  const [ended] = nodeEventsOf(installs.do('end', failed));
  assert.ok(ended?.type === 'worker_run.ended');
  assert.equal(ended.completion.error_class, 'ExecutionContractViolation');
});

test('versions are ordered by their numbers, and digests by nothing', () => {
  assert.ok((compareVersions('v1.9.0', 'v1.10.0') ?? 0) < 0);
  assert.equal(compareVersions('v1.0.0', '1.0.0'), 0);
  assert.equal(compareVersions(hashOf('a'), 'v1.0.0'), undefined);
  const [small, large] = [{}, { capabilities_required: ['prim:fs.read'] }];
  assert.equal(workerInclusion(undefined, small), 'wider');
  assert.equal(workerInclusion(small, large), 'wider');
  assert.equal(workerInclusion(large, small), 'narrower');
  assert.equal(workerInclusion(large, large), 'unchanged');
  assert.equal(workerInclusion({ policy_defaults: { 'cap:spend': '0' } }, small), 'undecided');
});

test('what is rehearsed is what would be sealed', () => {
  const installs = new TestInstalls();
  const statement = installs.installation(workerManifest('v1.0.0'));
  const { owner_key } = installs.node.genesis;
  const stage = { view: installs.node.view, at: { seq: 9n, height: 9n, chainTime: 1n } };
  const rehearsed = rehearse({ operation: 'install', statement }, owner_key, stage);
  assert.equal(rehearsed.ok ? 'ok' : rehearsed.error.code, 'approval.required');
  assert.equal(manifestRoot(statement.manifest).length, 'sha256:'.length + 64);
});
