import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, Digest, HybridSignature, NodeId, ShortText, Uint64 } from './primitives.ts';

const HASH = `sha256:${'0a'.repeat(32)}`;
const BYTES = 'AAAA';

export const PolicyEnvelope = artifact({
  name: 'PolicyEnvelope',
  source: 'whitepaper 2.1, C.2; design ruling 7',
  summary:
    'Makes a policy active on one node. Hybrid class: valid only with both signatures of the ' +
    'owner. The policy itself is the payload whose digest is `policy_hash`. `version` rises by ' +
    'one with every activation.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      policy_id: ShortText,
      policy_hash: Digest,
      previous_policy_hash: Type.Optional(Digest),
      version: Uint64,
      audience: NodeId,
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [
    {
      policy_id: 'notes',
      policy_hash: HASH,
      version: '1',
      audience: `node://local/${'0f'.repeat(16)}`,
      signature: {
        algorithm: 'hybrid-ed25519-ml-dsa-44',
        key_id: HASH,
        ed25519: BYTES,
        ml_dsa_44: BYTES,
      },
    },
  ],
  refused: [
    {
      why: 'unsigned',
      value: {
        policy_id: 'notes',
        policy_hash: HASH,
        version: '1',
        audience: `node://local/${'0f'.repeat(16)}`,
      },
    },
  ],
});
