import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { Base64, closed, HybridPublicKey, HybridSignature } from './primitives.ts';

const HASH = `sha256:${'3e'.repeat(32)}`;
const identity = {
  did: `did:ioi:${'3e'.repeat(32)}`,
  owner_key: { algorithm: 'hybrid-ed25519-ml-dsa-44', ed25519: 'AAAA', ml_dsa_44: 'AAAA' },
  agreement_key: { algorithm: 'hybrid-x25519-ml-kem-768', x25519: 'AAAA', ml_kem_768: 'AAAA' },
};

export const OwnerIdentity = artifact({
  name: 'OwnerIdentity',
  source: 'whitepaper 6.1, 7.2, 7.3; decision 0016',
  summary:
    'Who owns a node: the DID that follows from the hybrid key, the key by which secrets reach ' +
    'the owner, and, of an owner whose keys come from a recovery phrase, the account at ' +
    "m/44'/60'/0'/0/0 (EIP-55). Hybrid class: signed with both halves of the key it names.",
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      did: Type.String({ pattern: '^did:ioi:[0-9a-f]{64}$' }),
      owner_key: HybridPublicKey,
      agreement_key: Type.Object(
        {
          algorithm: Type.Literal('hybrid-x25519-ml-kem-768'),
          x25519: Base64,
          ml_kem_768: Base64,
        },
        closed,
      ),
      evm_address: Type.Optional(Type.String({ pattern: '^0x[0-9A-Fa-f]{40}$' })),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ ...identity, signature: exampleSignature(HASH) }] as never,
  refused: [{ why: 'unsigned', value: identity }],
});
