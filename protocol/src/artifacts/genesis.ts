import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, Digest, HybridPublicKey, NodeId, ShortText, Uint64 } from './primitives.ts';

const key = {
  algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
  ed25519: 'AAAA',
  ml_dsa_44: 'AAAA',
};

export const Genesis = artifact({
  name: 'Genesis',
  source: 'design section 4 (handover); whitepaper 2.2.3',
  summary:
    'The first entry of a node: its owner, the guardian key set that seals its log, the modules ' +
    'that fold it. node_id is derived from both keys, so nobody can reuse it with others.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      node_id: NodeId,
      demo: Type.Boolean(),
      owner_key: HybridPublicKey,
      guardian_key: HybridPublicKey,
      /** Origin line of the node's checkpoints. */
      origin: ShortText,
      epoch: Uint64,
      modules: Type.Array(
        Type.Object({ name: ShortText, version: ShortText, module_hash: Digest }, closed),
        { minItems: 1, maxItems: 64 },
      ),
    },
    closed,
  ),
  examples: [
    {
      node_id: `node://local/${'0f'.repeat(16)}`,
      demo: false,
      owner_key: key,
      guardian_key: key,
      origin: 'ioi.local/0f0f',
      epoch: '0',
      modules: [{ name: 'boundary', version: '1', module_hash: `sha256:${'1c'.repeat(32)}` }],
    },
  ],
  refused: [{ why: 'no guardian key', value: { node_id: `node://local/${'0f'.repeat(16)}` } }],
});
