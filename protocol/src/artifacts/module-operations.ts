import Type from 'typebox';
import { ActionRequest } from './action-request.ts';
import { ActionRules } from './action-rules.ts';
import { ApprovalToken } from './approval-token.ts';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { MutationJustification, ServiceModuleManifestEnvelope } from './governance-envelopes.ts';
import { ModuleInvocationReceipt } from './governance-receipts.ts';
import { closed, Digest, HybridSignature, ModuleId, Uint64, Uint128, Uri } from './primitives.ts';

const HASH = `sha256:${'5d'.repeat(32)}`;
const MODULE = 'module://local/summarise/1';
const signature = exampleSignature(HASH);
const manifest = ServiceModuleManifestEnvelope.examples[0]!;

export const RegisterModule = artifact({
  name: 'RegisterModule',
  source: 'whitepaper 3.1, A.2',
  summary:
    'Payload of `governance/module.register`, signed by the owner: a module becomes governed, ' +
    'under the policy it names or else that of its chain or node.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      registration: Type.Object(
        {
          manifest: ServiceModuleManifestEnvelope.schema,
          policy_hash: Type.Optional(Digest),
          chain_id: Type.Optional(Digest),
        },
        closed,
      ),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ registration: { manifest }, signature }],
  refused: [{ why: 'unsigned', value: { registration: { manifest } } }],
});

export const MountModule = artifact({
  name: 'MountModule',
  source: 'whitepaper 2.2.3, 3.1',
  summary:
    'Payload of `governance/module.mount`: the daemon says what it mounted. Its capabilities are ' +
    'those of registered tool contracts, no more and no fewer. It grants nothing.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      manifest: ServiceModuleManifestEnvelope.schema,
      contract_hashes: Type.Array(Digest, { maxItems: 256 }),
    },
    closed,
  ),
  examples: [{ manifest, contract_hashes: [HASH] }],
  refused: [{ why: 'no contracts', value: { manifest } }],
});

export const InvokeModule = artifact({
  name: 'InvokeModule',
  source: 'whitepaper 2.2.3, A.3',
  summary:
    'Payload of `governance/module.invoke`: a consequential step begins. Its digest is ' +
    'invocation_id, named `invocation://<node_id>/<invocation_id>`.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      module_ref: ModuleId,
      manifest_hash: Digest,
      caller_identity: Uri,
      chain_id: Type.Optional(Digest),
      input_payload_hash: Digest,
      nonce: Uint64,
    },
    closed,
  ),
  examples: [
    {
      module_ref: MODULE,
      manifest_hash: HASH,
      caller_identity: 'agent://local/mcp',
      input_payload_hash: HASH,
      nonce: '1',
    },
  ],
  refused: [{ why: 'no module', value: { manifest_hash: HASH, nonce: '1' } }],
});

export const FinishInvocation = artifact({
  name: 'FinishInvocation',
  source: 'whitepaper A.3',
  summary:
    'Payload of `governance/module.finish`: how the step ended, and the requests whose ' +
    'execution receipts it covers.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      invocation_id: Digest,
      status: ModuleInvocationReceipt.schema.properties.status,
      output_payload_hash: Digest,
      execution_gas_spent: Uint128,
      request_hashes: Type.Array(Digest, { maxItems: 64 }),
    },
    closed,
  ),
  examples: [
    {
      invocation_id: HASH,
      status: 'Success',
      output_payload_hash: HASH,
      execution_gas_spent: '0',
      request_hashes: [],
    },
  ],
  refused: [{ why: 'no status', value: { invocation_id: HASH } }],
});

export const SwapModule = artifact({
  name: 'SwapModule',
  source: 'whitepaper 9.4.2, 9.4.3',
  summary:
    'Payload of `governance/module.swap`, signed by the owner: a governed module gets another ' +
    'manifest of the same name. `sequence` rises by one with every change of the module, so no ' +
    'signature serves twice. Where the policy changes, `policies` may hold the one there was and ' +
    'the one there will be, so that they can be compared.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      swap: Type.Object(
        {
          sequence: Uint64,
          old_manifest_hash: Digest,
          manifest: ServiceModuleManifestEnvelope.schema,
          policy_hash: Type.Optional(Digest),
          policies: Type.Optional(
            Type.Object({ before: ActionRules.schema, after: ActionRules.schema }, closed),
          ),
          justification: MutationJustification.schema,
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
      swap: {
        sequence: '1',
        old_manifest_hash: HASH,
        manifest,
        justification: MutationJustification.examples[0]!,
      },
      signature,
    },
  ],
  refused: [{ why: 'unsigned', value: { swap: { sequence: '1', manifest } } }],
});
