import assert from 'node:assert/strict';
import { sha256 } from '@ioi/canon';
import { generateHybridKey, type HybridKey, signHybrid } from '@ioi/crypto/shell';
import {
  didOf,
  type HybridPublicKey,
  type InstallWorker,
  type LogEntry,
  type OpenWorkerRun,
  type RemoveWorker,
  type WorkerManifest,
} from '@ioi/protocol';
import { draftInstall, draftRemoval, NO_HASH } from '../core/governance/index.ts';
import { manifestMessage } from '../core/packages/index.ts';
import { type InstalledHead, workerKeys } from '../core/workers/heads.ts';
import { providerSelectionOf } from '../core/workers/markers.ts';
import { installedWorkerId } from '../core/workers/widening.ts';
import { hashOf } from './artifacts.ts';
import { smallLog } from './sample-logs.ts';
import type { TestAgent } from './test-agent.ts';

export const INSTALLED_ID = 'ai://publisher/counter';
/** Two whose workers they are. */
export const PUBLISHERS = [keyOf('publisher'), keyOf('other')] as const;

function keyOf(name: string): HybridKey {
  return generateHybridKey({ ed25519: sha256(`${name} 1`), mlDsa44: sha256(`${name} 2`) });
}

type Changed = Partial<Omit<WorkerManifest, 'signature'>>;

export function workerManifest(
  version: string,
  changed: Changed = {},
  key: HybridKey = PUBLISHERS[0],
): WorkerManifest {
  const public_key = key.publicKey as HybridPublicKey;
  const unsigned = {
    authority: didOf(public_key),
    id: INSTALLED_ID,
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
export class TestInstalls {
  readonly agent: TestAgent = smallLog();
  readonly node = this.agent.node;

  head(): InstalledHead | undefined {
    return this.node.view.get<InstalledHead>(workerKeys.installed(INSTALLED_ID));
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
      id: INSTALLED_ID,
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

/** Of the one task that they do. */
export const INSTALLED_SCHEMA = hashOf({ input_schema: { type: 'object' }, output_schema: {} });
export const INSTALLED_RUN = `run_${'7a'.repeat(16)}`;

export function installedOpening(
  installs: TestInstalls,
  changed: Partial<OpenWorkerRun> = {},
): OpenWorkerRun {
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
    task_schema_hash: changed.task_schema_hash ?? INSTALLED_SCHEMA,
    run_id: INSTALLED_RUN,
    agent_id: 'agent://local/installed/counter',
    session_id: hashOf('session'),
    input_commitment: hashOf('input'),
    confinement: 'sandbox',
    managed: {
      id: INSTALLED_ID,
      manifest_hash,
      instance_id: installs.head()?.instance.instance_id ?? '',
    },
    provider_selection_commit: providerSelectionOf(selected),
  };
}
