import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '@ioi/canon';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import {
  didOf,
  type HybridPublicKey,
  type InstallWorker,
  isManagedInvocationReceipt,
  isManagedWorkerInstanceEnvelope,
  isMutationReceipt,
  isWorkerInstallReceipt,
  type LogEntry,
  type OpenWorkerRun,
  type RemoveWorker,
  type WorkerManifest,
} from '@ioi/protocol';
import { hashOf, smallLog, type TestAgent } from '../../testing/index.ts';
import { draftInstall, draftRemoval, NO_HASH, rehearse } from '../governance/index.ts';
import { nodeEventsOf } from '../node-modules.ts';
import { manifestMessage, manifestRoot } from '../packages/index.ts';
import { type InstalledHead, workerKeys } from './heads.ts';
import { undeclaredIn } from './managed.ts';
import { providerSelectionOf, verificationOf } from './markers.ts';
import { installWords } from './statements.ts';
import { compareVersions, installedWorkerId, workerInclusion } from './widening.ts';

const ID = 'ai://publisher/counter';
const publisher = keyOf('publisher');
const other = keyOf('other');

function keyOf(name: string): HybridKey {
  return generateHybridKey({ ed25519: sha256(`${name} 1`), mlDsa44: sha256(`${name} 2`) });
}

type Changed = Partial<Omit<WorkerManifest, 'signature'>>;

function manifestOf(version: string, changed: Changed = {}, key = publisher): WorkerManifest {
  const public_key = key.publicKey as HybridPublicKey;
  const unsigned = {
    authority: didOf(public_key),
    id: ID,
    version,
    entry: { language: 'python' as const, file: 'worker.py' },
    package: { type: 'tar' as const, digest: hashOf(version) },
    tasks: [{ name: 'count', input_schema: { type: 'object' }, output_schema: {} }],
    capabilities_required: ['prim:fs.read', 'prim:fs.write'],
    public_key,
    ...changed,
  };
  const signature = signHybrid(key, 'SIG_DOMAIN_MANIFEST', manifestMessage(unsigned));
  return { ...unsigned, signature };
}

/** A node with a policy, and its owner who installs. */
class TestInstalls {
  readonly agent: TestAgent = smallLog();
  readonly node = this.agent.node;

  head(): InstalledHead | undefined {
    return this.node.view.get<InstalledHead>(workerKeys.installed(ID));
  }

  installation(manifest: WorkerManifest, changed: object = {}): InstallWorker['installation'] {
    const before = this.head();
    return {
      manifest,
      package: hashOf(`package of ${manifest.version}`),
      persistence_profile: 'per_invocation',
      old_manifest_hash: before?.state === 'installed' ? before.manifest_hash : NO_HASH,
      sequence: String(BigInt(before?.sequence ?? '0') + 1n),
      may_downgrade: false,
      ...changed,
    };
  }

  signed(installation: InstallWorker['installation'], key = this.node.owner): InstallWorker {
    const { message } = draftInstall(installation, { node: this.node.genesis, nonce: 1n });
    return { installation, signature: signHybrid(key, 'SIG_DOMAIN_MANIFEST', message) };
  }

  approved(payload: InstallWorker, over = payload.installation): InstallWorker {
    const { request } = draftInstall(over, { node: this.node.genesis, nonce: 1n });
    return { ...payload, request, token: this.agent.token(request) };
  }

  removal(): RemoveWorker {
    const head = this.head();
    const removal = {
      id: ID,
      old_manifest_hash: head?.manifest_hash ?? NO_HASH,
      sequence: String(BigInt(head?.sequence ?? '0') + 1n),
    };
    const { message } = draftRemoval(removal, this.node.genesis);
    return { removal, signature: signHybrid(this.node.owner, 'SIG_DOMAIN_MANIFEST', message) };
  }

  try(operation: string, payload: object): string {
    const result = this.node.tryAdmit(this.node.propose(`workers/${operation}`, payload));
    return result.ok ? 'ok' : result.error.code;
  }

  do(operation: string, payload: object): LogEntry {
    return this.node.seal(this.node.propose(`workers/${operation}`, payload));
  }

  install(manifest: WorkerManifest, changed: object = {}): LogEntry {
    return this.do('install', this.approved(this.signed(this.installation(manifest, changed))));
  }
}

function mutationIn(entry: LogEntry) {
  const found = nodeEventsOf(entry).find(({ type }) => type === 'receipt.emitted');
  assert.ok(found?.type === 'receipt.emitted' && isMutationReceipt(found.receipt.body));
  return found.receipt.body;
}

test('a worker is installed by the signature of the owner and a token over exactly it', () => {
  const installs = new TestInstalls();
  const installation = installs.installation(manifestOf('v1.0.0'));
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
  assert.deepEqual([inclusion_result, target_module_id], ['wider', ID]);
  assert.ok(token_hash !== undefined);
  // Two installs of one moment: the second is about what is no longer there.
  assert.equal(installs.try('install', installs.approved(signed)), 'worker.moved');
});

test('a manifest that its publisher did not sign is refused by name', () => {
  const installs = new TestInstalls();
  const manifest = manifestOf('v1.0.0');
  const wider = { ...manifest, capabilities_required: ['prim:sys.exec'] };
  const forged = { ...manifest, authority: didOf(other.publicKey as HybridPublicKey) };
  const foreign = manifestOf('v1.0.0', { capabilities_required: ['prim:math.eval'] });
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
  installs.install(manifestOf('v1.0.0'));
  const instance = installs.head()?.instance.instance_id;
  const narrow = manifestOf('v1.1.0', { capabilities_required: ['prim:fs.read'] });
  const entry = installs.do('install', installs.signed(installs.installation(narrow)));
  assert.equal(mutationIn(entry).inclusion_result, 'narrower');
  assert.equal(installs.head()?.instance.instance_id, instance);
  const wide = installs.installation(manifestOf('v1.2.0'));
  assert.equal(installs.try('install', installs.signed(wide)), 'approval.required');
  const words = installWords.install(wide as never, installs.node.view);
  assert.ok(words.includes('+ prim:fs.write') && words.includes('  prim:fs.read'), words.join());
  installs.do('install', installs.approved(installs.signed(wide)));
});

test('an older version, another package of one, and another publisher are refused by name', () => {
  const installs = new TestInstalls();
  installs.install(manifestOf('v1.2.0'));
  const tried = (manifest: WorkerManifest, changed = {}): string =>
    installs.try('install', installs.signed(installs.installation(manifest, changed)));
  assert.equal(tried(manifestOf('v1.2.0')), 'worker.already_installed');
  assert.equal(tried(manifestOf('v1.1.9')), 'worker.downgrade');
  const again = manifestOf('1.2.0', { package: { type: 'tar', digest: hashOf('other') } });
  assert.equal(tried(again), 'worker.downgrade');
  assert.equal(tried(manifestOf('v2.0.0', {}, other)), 'worker.other_publisher');
  assert.equal(tried(manifestOf('v1.1.9'), { may_downgrade: true }), 'ok');
});

test('what is removed is not started, and is installed anew as another instance', () => {
  const installs = new TestInstalls();
  assert.equal(installs.try('remove', installs.removal()), 'worker.not_installed');
  installs.install(manifestOf('v1.0.0'));
  const instance = installs.head()?.instance.instance_id;
  const forged = { ...installs.removal(), signature: installs.signed as never };
  assert.notEqual(installs.try('remove', forged), 'ok');
  const removed = mutationIn(installs.do('remove', installs.removal()));
  assert.deepEqual([removed.new_manifest_hash, removed.inclusion_result], [NO_HASH, 'narrower']);
  assert.equal(installs.head()?.instance.lifecycle_status, 'revoked');
  assert.equal(installs.try('open', opening(installs)), 'worker.not_installed');
  const anew = installs.signed(installs.installation(manifestOf('v1.0.0')));
  assert.equal(installs.try('install', anew), 'approval.required');
  installs.do('install', installs.approved(anew));
  assert.notEqual(installs.head()?.instance.instance_id, instance);
});

const SCHEMA = hashOf({ input_schema: { type: 'object' }, output_schema: {} });
const RUN = `run_${'7a'.repeat(16)}`;

function opening(installs: TestInstalls, changed: Partial<OpenWorkerRun> = {}): OpenWorkerRun {
  const head = installs.head();
  assert.ok(head);
  const { manifest, manifest_hash, package: program_hash } = head;
  const selected = {
    worker_id: installedWorkerId(manifest.authority, manifest_hash),
    program_hash,
    task: {
      task_id: `task_${'6f'.repeat(16)}`,
      requester_id: 'wallet://local/owner',
      objective: 'count',
      task_class: 'other',
      privacy_class: 'internal',
      execution_profile: 'local',
      input_refs: [],
      output_contract: { type: 'worker_result', required_receipts: ['execution', 'validation'] },
      constraints: {},
      primitive_capabilities_required: [...(manifest.capabilities_required ?? [])],
      authority_scopes_required: [],
      created_at: '1800000000000',
    },
    ...changed,
  } satisfies Partial<OpenWorkerRun>;
  return {
    ...selected,
    task_schema_hash: changed.task_schema_hash ?? SCHEMA,
    run_id: RUN,
    agent_id: 'agent://local/installed/counter',
    session_id: hashOf('session'),
    input_commitment: hashOf('input'),
    confinement: 'sandbox',
    managed: { id: ID, manifest_hash, instance_id: installs.head()?.instance.instance_id ?? '' },
    provider_selection_commit: providerSelectionOf(selected),
  };
}

test('a run is of what is installed, within what its manifest declares', () => {
  const installs = new TestInstalls();
  installs.install(manifestOf('v1.0.0'));
  const good = opening(installs);
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
    assert.equal(installs.try('open', opening(installs, changed)), code);
  }
  const needs = (prim: string) => ({
    target: 'net::fetch',
    primitive_capabilities: [prim],
    authority_scopes: [],
  });
  assert.equal(undeclaredIn(good, needs('prim:fs.read')), undefined);
  assert.equal(undeclaredIn(good, needs('prim:net.request'))?.code, 'step.undeclared');
  const nothing = { ...needs('prim:fs.read'), primitive_capabilities: [] };
  assert.equal(undeclaredIn(good, nothing)?.code, 'step.undeclared');
  const { managed: _, ...plain } = good;
  assert.equal(undeclaredIn(plain, needs('prim:net.request')), undefined);
});

test('every end of a run gives a receipt bound to its Commitment, and the instance a root', () => {
  const installs = new TestInstalls();
  installs.install(manifestOf('v1.0.0'));
  installs.do('open', opening(installs));
  const before = installs.head()?.instance.receipt_root;
  const ending = { run_id: RUN, state: 'completed', acts: [], output_commitment: hashOf('out') };
  const payload = {
    ...ending,
    verification_commit: verificationOf({ ...ending, task_schema_hash: SCHEMA }),
  };
  const [ended] = nodeEventsOf(installs.do('end', payload));
  assert.ok(ended?.type === 'worker_run.ended');
  const { invocation, commitment } = ended;
  assert.ok(isManagedInvocationReceipt(invocation));
  assert.deepEqual(invocation.artifact_refs, [`artifact://commitment/${hashOf(commitment)}`]);
  assert.equal(invocation.invocation_ref, `invocation://${RUN}`);
  assert.equal(invocation.output_commitment, hashOf('out'));
  assert.notEqual(installs.head()?.instance.receipt_root, before);
});

test('an act beyond what its manifest declares completes no run', () => {
  const installs = new TestInstalls();
  installs.install(manifestOf('v1.0.0', { capabilities_required: ['prim:fs.read'] }));
  const { agent } = installs;
  const written = agent.write('/notes/by-worker');
  agent.decide(written);
  agent.complete(written);
  const { agent_id } = written.request.context;
  installs.do('open', { ...opening(installs), agent_id });
  const ending = { run_id: RUN, state: 'completed', acts: [hashOf(written.request)] };
  const payload = {
    ...ending,
    verification_commit: verificationOf({ ...ending, task_schema_hash: SCHEMA }),
  };
  assert.equal(installs.try('end', payload), 'run.act_undeclared');
  const failed = { run_id: RUN, state: 'failed', acts: ending.acts, code: 'run.act_undeclared' };
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
  const statement = installs.installation(manifestOf('v1.0.0'));
  const { owner_key } = installs.node.genesis;
  const stage = { view: installs.node.view, at: { seq: 9n, height: 9n, chainTime: 1n } };
  const rehearsed = rehearse({ operation: 'install', statement }, owner_key, stage);
  assert.equal(rehearsed.ok ? 'ok' : rehearsed.error.code, 'approval.required');
  assert.equal(manifestRoot(statement.manifest).length, 'sha256:'.length + 64);
});
