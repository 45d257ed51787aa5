import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { Base64, closed, Digest, referenceTo, ShortText } from './primitives.ts';

const HASH = `sha256:${'7d'.repeat(32)}`;

/** `v1.0.0`, or the digest of what has no number. */
export const VersionText = Type.String({
  pattern: '^(v?(0|[1-9][0-9]{0,8})(\\.(0|[1-9][0-9]{0,8})){2}|sha256:[0-9a-f]{64})$',
});

const example = {
  manifest_id: 'ai://builder-xyz/research-bot',
  manifest_type: 'worker' as const,
  version: 'v1.0.0',
  publisher_id: `ioi://publisher/${'7d'.repeat(32)}`,
  manifest_root: HASH,
  body_ref: 'cid://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
  signature: {
    scheme: 'hybrid' as const,
    public_key_ref: `did:ioi:${'7d'.repeat(32)}`,
    signature: exampleSignature(HASH).ed25519,
  },
  l1_commitment: { chain_id: 'ioi-mainnet' as const, contract: 'ManifestRootRegistry' as const },
  status: 'active' as const,
};

export const ManifestEnvelope = artifact({
  name: 'ManifestEnvelope',
  source: 'whitepaper B.4, B.2',
  summary:
    'What an `ai://` name resolves to. Of a worker, `manifest_root` is the digest of its ' +
    'WorkerManifest without the signature, `body_ref` its package, and `signature` both halves ' +
    'of the signature of that manifest, Ed25519 first, in one text. Without `tx_hash` nothing ' +
    'was committed on a chain. It resolves a name and gives no authority.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      manifest_id: referenceTo('ai'),
      manifest_type: Type.Union([
        Type.Literal('app'),
        Type.Literal('worker'),
        Type.Literal('service'),
        Type.Literal('runtime'),
        Type.Literal('domain'),
        Type.Literal('tool'),
        Type.Literal('connector'),
      ]),
      version: VersionText,
      publisher_id: Type.String({ pattern: '^ioi://publisher/[A-Za-z0-9._~%@:+-]{1,200}$' }),
      manifest_root: Digest,
      body_ref: Type.String({ pattern: '^(cid|https|agentgres)://[!-~]{1,1024}$' }),
      signature: Type.Object(
        {
          scheme: Type.Union([
            Type.Literal('ed25519'),
            Type.Literal('secp256k1'),
            Type.Literal('ml-dsa'),
            Type.Literal('hybrid'),
          ]),
          public_key_ref: Type.String({ pattern: '^[a-z]+:[!-~]{1,512}$' }),
          signature: Base64,
        },
        closed,
      ),
      l1_commitment: Type.Object(
        {
          chain_id: Type.Literal('ioi-mainnet'),
          contract: Type.Literal('ManifestRootRegistry'),
          tx_hash: Type.Optional(ShortText),
        },
        closed,
      ),
      status: Type.Union([
        Type.Literal('draft'),
        Type.Literal('active'),
        Type.Literal('deprecated'),
        Type.Literal('revoked'),
      ]),
    },
    closed,
  ),
  examples: [example],
  refused: [
    { why: 'a type nobody defined', value: { ...example, manifest_type: 'model' } },
    { why: 'no root', value: { ...example, manifest_root: undefined } },
    { why: 'a body that nothing resolves', value: { ...example, body_ref: 'file:///tmp/a' } },
    { why: 'an unknown field', value: { ...example, authority: 'did:ioi:x' } },
  ],
});
