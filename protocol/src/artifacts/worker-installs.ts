import Type from 'typebox';
import { ActionRequest } from './action-request.ts';
import { ApprovalToken } from './approval-token.ts';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { VersionText } from './manifest-envelope.ts';
import {
  ChainTime,
  closed,
  Digest,
  HybridSignature,
  ReceiptId,
  referenceTo,
  Uint64,
} from './primitives.ts';
import { WorkerManifest } from './worker-manifest.ts';

const HASH = `sha256:${'8d'.repeat(32)}`;
const INSTANCE = `inst_${'8d'.repeat(16)}`;
const signature = exampleSignature(HASH);
const manifest = WorkerManifest.examples[0]!;

const InstanceId = Type.String({ pattern: '^inst_[0-9a-f]{32}$' });
const InstanceRef = Type.String({ pattern: '^inst://inst_[0-9a-f]{32}$' });
const Owner = Type.String({ pattern: '^(wallet|org|project)://[A-Za-z0-9._~:/-]{1,200}$' });

const PersistenceProfile = Type.Union([
  Type.Literal('per_invocation'),
  Type.Literal('warm'),
  Type.Literal('persistent'),
  Type.Literal('zero_to_idle'),
]);

export const InstallWorker = artifact({
  name: 'InstallWorker',
  source: 'whitepaper 4.3.4, 4.5; decision 0040',
  summary:
    'Payload of `workers/install`, signed by the owner: exactly this package of exactly this ' +
    'manifest, whose own signatures are checked again. `old_manifest_hash` is what it takes the ' +
    'place of, zeros for nothing. What asks for more than that needs `token`, whose request has ' +
    '`installation` as its params. `may_downgrade`: an older or equal version is meant.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      installation: Type.Object(
        {
          manifest: WorkerManifest.schema,
          package: Digest,
          persistence_profile: PersistenceProfile,
          old_manifest_hash: Digest,
          sequence: Uint64,
          may_downgrade: Type.Boolean(),
        },
        closed,
      ),
      signature: HybridSignature,
      request: Type.Optional(ActionRequest.schema),
      token: Type.Optional(ApprovalToken.schema),
    },
    closed,
  ),
  examples: [
    {
      installation: {
        manifest,
        package: HASH,
        persistence_profile: 'per_invocation',
        old_manifest_hash: HASH,
        sequence: '1',
        may_downgrade: false,
      },
      signature,
    },
  ],
  refused: [{ why: 'unsigned', value: { installation: { package: HASH, sequence: '1' } } }],
});

export const RemoveWorker = artifact({
  name: 'RemoveWorker',
  source: 'whitepaper 3.4; decision 0040',
  summary:
    'Payload of `workers/remove`, signed by the owner: nothing of this worker is started from ' +
    'here on. Its instance stays, revoked, with the receipts it has.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      removal: Type.Object(
        { id: referenceTo('ai'), old_manifest_hash: Digest, sequence: Uint64 },
        closed,
      ),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      removal: { id: 'ai://builder-xyz/research-bot', old_manifest_hash: HASH, sequence: '2' },
      signature,
    },
  ],
  refused: [{ why: 'unsigned', value: { removal: { id: 'ai://a/b', sequence: '2' } } }],
});

export const ManagedWorkerInstanceEnvelope = artifact({
  name: 'ManagedWorkerInstanceEnvelope',
  source: 'whitepaper B.5, 3.4',
  summary:
    'A worker as its owner installed it. This node knows the profile `per_invocation` alone: it ' +
    'is started for a run, and keeps nothing but what the node remembers for it. `receipt_root` ' +
    'is over its receipts of installing and of invocations; zeros as `latest_state_root` say ' +
    'that it has no state of its own. It gives no authority.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      instance_id: InstanceId,
      worker_manifest_ref: referenceTo('ai'),
      worker_version: VersionText,
      owner_ref: Owner,
      tenant_ref: Type.Optional(referenceTo('tenant')),
      install_right_ref: referenceTo('ref'),
      license_ref: referenceTo('license'),
      runtime_profile_ref: referenceTo('profile'),
      runtime_assignment_ref: Type.Optional(referenceTo('assignment')),
      persistence_profile: PersistenceProfile,
      authority_policy_ref: referenceTo('policy'),
      wallet_grant_refs: Type.Array(referenceTo('grant'), { maxItems: 64 }),
      memory_policy_ref: referenceTo('policy'),
      archive_policy_ref: referenceTo('policy'),
      latest_state_root: Digest,
      archive_refs: Type.Array(referenceTo('cid'), { maxItems: 64 }),
      interaction_surfaces: Type.Array(
        Type.Union([
          Type.Literal('web_chat'),
          Type.Literal('api'),
          Type.Literal('hypervisor'),
          Type.Literal('workflow'),
          Type.Literal('sas_outcome'),
          Type.Literal('mow_route'),
        ]),
        { maxItems: 6 },
      ),
      subscription_ref: Type.Optional(referenceTo('sub')),
      receipt_root: Digest,
      lifecycle_status: Type.Union([
        Type.Literal('initializing'),
        Type.Literal('ready'),
        Type.Literal('running'),
        Type.Literal('idle'),
        Type.Literal('archived'),
        Type.Literal('suspended'),
        Type.Literal('revoked'),
      ]),
    },
    closed,
  ),
  examples: [
    {
      instance_id: INSTANCE,
      worker_manifest_ref: `ai://manifest/${HASH}`,
      worker_version: 'v1.0.0',
      owner_ref: 'wallet://local/owner',
      install_right_ref: `ref://installation/${HASH}`,
      license_ref: 'license://none',
      runtime_profile_ref: 'profile://local/process',
      runtime_assignment_ref: 'assignment://local/daemon',
      persistence_profile: 'per_invocation',
      authority_policy_ref: `policy://${HASH}`,
      wallet_grant_refs: [],
      memory_policy_ref: 'policy://retention/content',
      archive_policy_ref: 'policy://none',
      latest_state_root: HASH,
      archive_refs: [],
      interaction_surfaces: ['api'],
      receipt_root: HASH,
      lifecycle_status: 'ready',
    },
  ],
  refused: [{ why: 'no manifest', value: { instance_id: INSTANCE, lifecycle_status: 'ready' } }],
});

export const WorkerInstallReceipt = artifact({
  name: 'WorkerInstallReceipt',
  source: 'whitepaper B.5',
  summary:
    'A worker was installed. `worker_manifest_ref` names the signed manifest by its digest, ' +
    '`install_right_ref` what the owner signed, `policy_hash` the policy in force then.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      receipt_id: ReceiptId,
      worker_manifest_ref: referenceTo('ai'),
      installer_ref: Owner,
      install_right_ref: referenceTo('ref'),
      license_ref: referenceTo('license'),
      policy_hash: Digest,
      created_instance_ref: InstanceRef,
      receipt_time: ChainTime,
    },
    closed,
  ),
  examples: [
    {
      receipt_id: `receipt_${'8d'.repeat(16)}`,
      worker_manifest_ref: `ai://manifest/${HASH}`,
      installer_ref: 'wallet://local/owner',
      install_right_ref: `ref://installation/${HASH}`,
      license_ref: 'license://none',
      policy_hash: HASH,
      created_instance_ref: `inst://${INSTANCE}`,
      receipt_time: '1800000000000',
    },
  ],
  refused: [{ why: 'no instance', value: { worker_manifest_ref: `ai://manifest/${HASH}` } }],
});

export const ManagedInvocationReceipt = artifact({
  name: 'ManagedInvocationReceipt',
  source: 'whitepaper B.5',
  summary:
    'A run of an installed worker has ended. `invocation_ref` names the run, the first of ' +
    '`artifact_refs` its Commitment by digest. Zeros as `output_commitment`: it returned nothing.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      receipt_id: ReceiptId,
      instance_ref: InstanceRef,
      invocation_ref: referenceTo('invocation'),
      runtime_assignment_ref: referenceTo('assignment'),
      authority_grant_refs: Type.Array(referenceTo('grant'), { maxItems: 64 }),
      input_commitment: Digest,
      output_commitment: Digest,
      artifact_refs: Type.Array(referenceTo('artifact'), { minItems: 1, maxItems: 64 }),
      contribution_refs: Type.Array(referenceTo('contribution'), { maxItems: 64 }),
      receipt_time: ChainTime,
    },
    closed,
  ),
  examples: [
    {
      receipt_id: `receipt_${'8d'.repeat(16)}`,
      instance_ref: `inst://${INSTANCE}`,
      invocation_ref: `invocation://run_${'7a'.repeat(16)}`,
      runtime_assignment_ref: 'assignment://local/daemon',
      authority_grant_refs: [],
      input_commitment: HASH,
      output_commitment: HASH,
      artifact_refs: [`artifact://commitment/${HASH}`],
      contribution_refs: [],
      receipt_time: '1800000000000',
    },
  ],
  refused: [{ why: 'no instance', value: { input_commitment: HASH } }],
});
