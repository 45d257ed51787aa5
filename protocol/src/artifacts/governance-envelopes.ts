import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  Capability,
  closed,
  Digest,
  HybridSignature,
  ModuleId,
  NodeId,
  ShortText,
  Uint64,
  Uri,
} from './primitives.ts';

const HASH = `sha256:${'5a'.repeat(32)}`;

export const AutonomousSystemChainEnvelope = artifact({
  name: 'AutonomousSystemChainEnvelope',
  source: 'whitepaper A.2',
  summary:
    'The state of a governed chain after one transition. `prev_transition_hash` is the digest of ' +
    'the envelope before it, zeros for the first. Its transition is ' +
    '`transition://<chain_id>/<sequence>`.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      chain_id: Digest,
      manifest_ref: Uri,
      policy_hash: Digest,
      state_root: Digest,
      sequence: Uint64,
      prev_transition_hash: Digest,
    },
    closed,
  ),
  examples: [
    {
      chain_id: HASH,
      manifest_ref: 'cid://bafy',
      policy_hash: HASH,
      state_root: HASH,
      sequence: '1',
      prev_transition_hash: HASH,
    },
  ],
  refused: [{ why: 'no chain', value: { sequence: '1' } }],
});

export const HypervisorNodeEnvelope = artifact({
  name: 'HypervisorNodeEnvelope',
  source: 'whitepaper A.2, 2.2.3',
  summary:
    'What a node is at one moment: its owner, the chains it hosts, the root over the receipts of ' +
    'their governance. In the log of the node `signature` is absent: the checkpoint of the ' +
    'commit with the inclusion path is the signature of the guardian over it, and covers its ' +
    'place and time as well. Outside the log it is the hybrid signature of the guardian.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      node_id: NodeId,
      owner_did: Uri,
      active_chains: Type.Array(Digest, { maxItems: 256 }),
      local_receipt_root: Digest,
      signature: Type.Optional(HybridSignature),
    },
    closed,
  ),
  examples: [
    {
      node_id: `node://local/${'0f'.repeat(16)}`,
      owner_did: `did:ioi:${'5a'.repeat(32)}`,
      active_chains: [HASH],
      local_receipt_root: HASH,
    },
  ],
  refused: [{ why: 'no owner', value: { node_id: `node://local/${'0f'.repeat(16)}` } }],
});

export const ModelDeploymentProfileEnvelope = artifact({
  name: 'ModelDeploymentProfileEnvelope',
  source: 'whitepaper A.2',
  summary:
    'How the model of a module is mounted. A module without a model says so: `model_name` is ' +
    '`none`, and `mount_mode` is how its program is reached.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      model_name: ShortText,
      mount_mode: Type.Union([
        Type.Literal('bundled_weights'),
        Type.Literal('local_file'),
        Type.Literal('local_server'),
        Type.Literal('external_api'),
        Type.Literal('hosted_pool'),
        Type.Literal('tee_session'),
        Type.Literal('depin_session'),
        Type.Literal('customer_vpc'),
      ]),
      model_artifact_ref: Type.Optional(Uri),
      vram_required_bytes: Uint64,
    },
    closed,
  ),
  examples: [{ model_name: 'none', mount_mode: 'local_server', vram_required_bytes: '0' }],
  refused: [{ why: 'a mode nobody defined', value: { model_name: 'x', mount_mode: 'magic' } }],
});

export const ServiceModuleManifestEnvelope = artifact({
  name: 'ServiceModuleManifestEnvelope',
  source: 'whitepaper A.2, B.3',
  summary:
    'What a service module is and asks for. Its digest is the manifest hash. Capabilities are a ' +
    'set: their order and repetition mean nothing.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      module_id: ModuleId,
      manifest_type: Type.Literal('service_module'),
      required_capabilities: Type.Array(Capability, { maxItems: 64 }),
      deployment_profile: ModelDeploymentProfileEnvelope.schema,
    },
    closed,
  ),
  examples: [
    {
      module_id: 'module://local/summarise/1',
      manifest_type: 'service_module',
      required_capabilities: ['prim:fs.read', 'scope:repo.write'],
      deployment_profile: ModelDeploymentProfileEnvelope.examples[0]!,
    },
  ],
  refused: [
    {
      why: 'capability written as a URI',
      value: {
        module_id: 'module://local/summarise/1',
        manifest_type: 'service_module',
        required_capabilities: ['prim://fs.read'],
        deployment_profile: ModelDeploymentProfileEnvelope.examples[0]!,
      },
    },
    { why: 'no version', value: { module_id: 'module://local/summarise' } },
  ],
});

export const MutationJustification = artifact({
  name: 'MutationJustification',
  source: 'whitepaper 9.4.2',
  summary:
    'Why a module is changed, as an audit artifact: digests of execution traces, of the failures ' +
    'seen in them and of the fitness signals. Its digest is the rationale hash.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      execution_trace_refs: Type.Array(Digest, { maxItems: 64 }),
      failure_modes: Type.Array(Type.Object({ name: ShortText, evidence_hash: Digest }, closed), {
        maxItems: 64,
      }),
      fitness_signals: Type.Array(Type.Object({ name: ShortText, evidence_hash: Digest }, closed), {
        maxItems: 64,
      }),
    },
    closed,
  ),
  examples: [
    {
      execution_trace_refs: [HASH],
      failure_modes: [{ name: 'timeout', evidence_hash: HASH }],
      fitness_signals: [{ name: 'receipt_completeness', evidence_hash: HASH }],
    },
  ],
  refused: [{ why: 'no traces', value: { failure_modes: [], fitness_signals: [] } }],
});
