import Type from 'typebox';
import { ActionRequest } from './action-request.ts';
import { ApprovalToken } from './approval-token.ts';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { MutationJustification, ServiceModuleManifestEnvelope } from './governance-envelopes.ts';
import { UpgradeTarget } from './governance-receipts.ts';
import { closed, Digest, HybridSignature, Uint64, Uri } from './primitives.ts';

const HASH = `sha256:${'5d'.repeat(32)}`;
const OTHER = `sha256:${'5e'.repeat(32)}`;
const MODULE = 'module://local/summarise/1';
const signature = exampleSignature(HASH);
const manifest = ServiceModuleManifestEnvelope.examples[0]!;

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
      request: Type.Optional(ActionRequest.schema),
      token: Type.Optional(ApprovalToken.schema),
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
