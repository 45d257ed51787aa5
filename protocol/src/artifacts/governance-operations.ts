import Type from 'typebox';
import { ActionRequest } from './action-request.ts';
import { ApprovalToken } from './approval-token.ts';
import { artifact } from './artifact.ts';
import {
  HypervisorNodeEnvelope,
  MutationJustification,
  ServiceModuleManifestEnvelope,
} from './governance-envelopes.ts';
import { ModuleInvocationReceipt, UpgradeTarget } from './governance-receipts.ts';
import {
  closed,
  Digest,
  HybridPublicKey,
  HybridSignature,
  ModuleId,
  Money,
  ShortText,
  Uint64,
  Uint128,
  Uri,
} from './primitives.ts';

const HASH = `sha256:${'5d'.repeat(32)}`;
const OTHER = `sha256:${'5e'.repeat(32)}`;
const MODULE = 'module://local/summarise/1';
const signature = {
  algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
  key_id: HASH,
  ed25519: 'AAAA',
  ml_dsa_44: 'AAAA',
};
const manifest = ServiceModuleManifestEnvelope.examples[0]!;
/** What a signature that may not suffice is carried with: the request shown and the token. */
const approval = {
  request: Type.Optional(ActionRequest.schema),
  token: Type.Optional(ApprovalToken.schema),
};

export const AnnounceNode = artifact({
  name: 'AnnounceNode',
  source: 'whitepaper 2.2.3, A.2',
  summary:
    'Payload of `governance/node.announce`: the envelope of this node as it follows from its ' +
    'heads. Without `signature`: the seal is it.',
  artifactClass: 'enforceable',
  schema: Type.Object({ envelope: HypervisorNodeEnvelope.schema }, closed),
  examples: [{ envelope: HypervisorNodeEnvelope.examples[0]! }],
  refused: [{ why: 'no envelope', value: {} }],
});

export const CreateChain = artifact({
  name: 'CreateChain',
  source: 'whitepaper 2.2.3, A.2',
  summary:
    'Payload of `governance/chain.create`, signed by the owner. chain_id is the digest of ' +
    '`{controller, manifest_hash}`, where `controller` is the id of `controller_key`, which ' +
    'speaks for the chain from then on.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      creation: Type.Object(
        {
          manifest_ref: Uri,
          manifest_hash: Digest,
          policy_hash: Digest,
          state_root: Digest,
          controller_key: HybridPublicKey,
        },
        closed,
      ),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      creation: {
        manifest_ref: 'cid://bafy',
        manifest_hash: HASH,
        policy_hash: HASH,
        state_root: HASH,
        controller_key: {
          algorithm: 'hybrid-ed25519-ml-dsa-44',
          ed25519: 'AAAA',
          ml_dsa_44: 'AAAA',
        },
      },
      signature,
    },
  ],
  refused: [{ why: 'unsigned', value: { creation: { manifest_hash: HASH } } }],
});

export const AdvanceChain = artifact({
  name: 'AdvanceChain',
  source: 'whitepaper 2.5, A.2',
  summary:
    'Payload of `governance/chain.advance`, signed by the controller of the chain: one ' +
    'transition to a new state root. Policy and manifest stay.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      transition: Type.Object(
        {
          chain_id: Digest,
          sequence: Uint64,
          prev_transition_hash: Digest,
          state_root: Digest,
        },
        closed,
      ),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      transition: { chain_id: HASH, sequence: '1', prev_transition_hash: HASH, state_root: HASH },
      signature,
    },
  ],
  refused: [{ why: 'unsigned', value: { transition: { chain_id: HASH, sequence: '1' } } }],
});

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

export const SubmitProposal = artifact({
  name: 'SubmitProposal',
  source: 'whitepaper 2.6.11',
  summary:
    'Payload of `governance/proposal.submit`. Its digest is proposal_id, named ' +
    '`proposal://<chain_id>/<proposal_id>`. `old_hash` is what the target is now, zeros where it ' +
    'is nothing. A policy target is the policy of the chain itself and has its manifest as ' +
    '`ref`; a module target brings its new manifest.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      chain_id: Digest,
      proposer: Uri,
      target: UpgradeTarget,
      old_hash: Digest,
      new_hash: Digest,
      manifest: Type.Optional(ServiceModuleManifestEnvelope.schema),
      justification: MutationJustification.schema,
      nonce: Uint64,
    },
    closed,
  ),
  examples: [
    {
      chain_id: HASH,
      proposer: 'agent://local/mcp',
      target: { kind: 'module', ref: MODULE },
      old_hash: HASH,
      new_hash: OTHER,
      manifest,
      justification: MutationJustification.examples[0]!,
      nonce: '1',
    },
  ],
  refused: [{ why: 'a target nobody defined', value: { target: { kind: 'mood', ref: MODULE } } }],
});

export const SimulateProposal = artifact({
  name: 'SimulateProposal',
  source: 'whitepaper 2.6.11',
  summary:
    'Payload of `governance/proposal.simulate`: what a dry run gave. Nothing is approved before.',
  artifactClass: 'enforceable',
  schema: Type.Object({ proposal_id: Digest, result_hash: Digest, passed: Type.Boolean() }, closed),
  examples: [{ proposal_id: HASH, result_hash: HASH, passed: true }],
  refused: [{ why: 'no result', value: { proposal_id: HASH, passed: true } }],
});

export const DecideProposal = artifact({
  name: 'DecideProposal',
  source: 'whitepaper 2.6.11, 9.4.3',
  summary:
    'Payload of `governance/proposal.decide`, signed by the owner. Where the change widens, or ' +
    'cannot be shown not to, also the request that was shown and the token over it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      decision: Type.Object(
        {
          proposal_id: Digest,
          verdict: Type.Union([
            Type.Literal('approve'),
            Type.Literal('reject'),
            Type.Literal('escalate'),
            Type.Literal('roll_back'),
          ]),
          old_hash: Digest,
          new_hash: Digest,
        },
        closed,
      ),
      signature: HybridSignature,
      ...approval,
    },
    closed,
  ),
  examples: [
    {
      decision: { proposal_id: HASH, verdict: 'approve', old_hash: HASH, new_hash: OTHER },
      signature,
    },
  ],
  refused: [{ why: 'unsigned', value: { decision: { proposal_id: HASH } } }],
});

export const CommitProposal = artifact({
  name: 'CommitProposal',
  source: 'whitepaper 2.6.11',
  summary:
    'Payload of `governance/proposal.commit`: what was decided takes effect, unless its target ' +
    'moved since it was proposed.',
  artifactClass: 'enforceable',
  schema: Type.Object({ proposal_id: Digest }, closed),
  examples: [{ proposal_id: HASH }],
  refused: [{ why: 'no proposal', value: {} }],
});

export const SwapModule = artifact({
  name: 'SwapModule',
  source: 'whitepaper 9.4.2, 9.4.3',
  summary:
    'Payload of `governance/module.swap`, signed by the owner: a governed module gets another ' +
    'manifest of the same name. `sequence` rises by one with every change of the module, so no ' +
    'signature serves twice.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      swap: Type.Object(
        {
          sequence: Uint64,
          old_manifest_hash: Digest,
          manifest: ServiceModuleManifestEnvelope.schema,
          policy_hash: Type.Optional(Digest),
          justification: MutationJustification.schema,
        },
        closed,
      ),
      signature: HybridSignature,
      ...approval,
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

const Party = Type.Object({ chain_id: Digest, envelope_hash: Digest }, closed);

export const RecordSettlement = artifact({
  name: 'RecordSettlement',
  source: 'whitepaper 2.2.3, A.3',
  summary:
    'Payload of `governance/settlement.record`: what moved between two chains of this node, ' +
    'signed by the controllers of both, in the order of `parties`. Its digest is settlement_id.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      settlement: Type.Object(
        {
          parties: Type.Array(Party, { minItems: 2, maxItems: 2 }),
          transfers: Type.Array(
            Type.Object({ from: Digest, to: Digest, content_hash: Digest }, closed),
            { maxItems: 64 },
          ),
          payment: Type.Optional(Type.Object({ from: Digest, to: Digest, money: Money }, closed)),
          nonce: Uint64,
        },
        closed,
      ),
      signatures: Type.Array(HybridSignature, { minItems: 2, maxItems: 2 }),
    },
    closed,
  ),
  examples: [
    {
      settlement: {
        parties: [
          { chain_id: HASH, envelope_hash: HASH },
          { chain_id: OTHER, envelope_hash: HASH },
        ],
        transfers: [{ from: HASH, to: OTHER, content_hash: HASH }],
        payment: { from: OTHER, to: HASH, money: { amount: '12.5', unit: 'labor_gas' } },
        nonce: '1',
      },
      signatures: [signature, signature],
    },
  ],
  refused: [
    {
      why: 'one-sided',
      value: {
        settlement: {
          parties: [
            { chain_id: HASH, envelope_hash: HASH },
            { chain_id: OTHER, envelope_hash: HASH },
          ],
          transfers: [],
          nonce: '1',
        },
        signatures: [signature],
      },
    },
  ],
});

export const OpenSession = artifact({
  name: 'OpenSession',
  source: 'whitepaper 4.2, A.3',
  summary: 'Payload of `governance/session.open`. Its digest is session_id.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      provider_id: Digest,
      payer_id: Digest,
      terms_hash: Digest,
      policy_hash: Digest,
      nonce: Uint64,
    },
    closed,
  ),
  examples: [
    { provider_id: HASH, payer_id: OTHER, terms_hash: HASH, policy_hash: HASH, nonce: '1' },
  ],
  refused: [{ why: 'no terms', value: { provider_id: HASH, payer_id: OTHER } }],
});

export const StepSession = artifact({
  name: 'StepSession',
  source: 'whitepaper 4.2.3',
  summary:
    'Payload of `governance/session.step`: one more step, and the digest of the PaymentTicket ' +
    'that pays for it. Whoever is paid checks the ticket; here it is only bound.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      session_id: Digest,
      step: Uint64,
      input_payload_hash: Digest,
      output_payload_hash: Digest,
      model_snapshot_id: Type.Optional(ShortText),
      ticket_hash: Type.Optional(Digest),
    },
    closed,
  ),
  examples: [{ session_id: HASH, step: '1', input_payload_hash: HASH, output_payload_hash: HASH }],
  refused: [{ why: 'no step', value: { session_id: HASH } }],
});

export const CloseSession = artifact({
  name: 'CloseSession',
  source: 'whitepaper 4.2.4, 8.2',
  summary: 'Payload of `governance/session.close`: the session ends with its Commitment.',
  artifactClass: 'enforceable',
  schema: Type.Object({ session_id: Digest }, closed),
  examples: [{ session_id: HASH }],
  refused: [{ why: 'no session', value: {} }],
});
