import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { HypervisorNodeEnvelope } from './governance-envelopes.ts';
import {
  closed,
  Digest,
  HybridPublicKey,
  HybridSignature,
  Money,
  ShortText,
  Uint64,
  Uri,
} from './primitives.ts';

const HASH = `sha256:${'5d'.repeat(32)}`;
const OTHER = `sha256:${'5e'.repeat(32)}`;
const signature = exampleSignature(HASH);

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
