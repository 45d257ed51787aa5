import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import { ApprovalSignature } from './factors.ts';
import { ChainTime, closed, Digest, Uint64 } from './primitives.ts';

const ApprovalScope = Type.Union([
  Type.Object({ kind: Type.Literal('SingleAction'), request_hash: Digest }, closed),
  Type.Object({ kind: Type.Literal('Region'), region_hash: Digest }, closed),
]);

const HASH = `sha256:${'0b'.repeat(32)}`;
const signature = exampleSignature(HASH);
const base = {
  scope: { kind: 'SingleAction' as const, request_hash: HASH },
  mode: 'OneShot' as const,
  audience: HASH,
  nonce: '7',
  counter: '1',
  request_hash: HASH,
  policy_hash: HASH,
  expires: '1800000000000',
  revocation_epoch: '0',
  max_usages: '1',
  method: 'passphrase' as const,
};

export const ApprovalToken = artifact({
  name: 'ApprovalToken',
  source: 'whitepaper 2.6.7, A.2; design ruling 5',
  summary:
    "A person's signature over one exact request under one exact policy. `audience` is the " +
    'key id of the guardian that may burn it, `expires` is Chain Time, `method` says how the ' +
    'person was verified (`sign_in` at a provider, `group` by M of N, `demo` only on a node ' +
    'marked as demo). Further persons sign in `co_sigs`. Everybody signs the same: the token ' +
    'without signatures, whose digest is the challenge of a passkey. token_hash is SHA-256 of ' +
    'the canonical token with them.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      scope: ApprovalScope,
      mode: Type.Union([Type.Literal('OneShot'), Type.Literal('Lease')]),
      grant_linkage: Type.Optional(Digest),
      audience: Digest,
      nonce: Uint64,
      counter: Uint64,
      request_hash: Digest,
      policy_hash: Digest,
      visual_hash: Type.Optional(Digest),
      expires: ChainTime,
      revocation_epoch: Uint64,
      max_usages: Uint64,
      method: Type.Union([
        Type.Literal('passphrase'),
        Type.Literal('passkey'),
        Type.Literal('session'),
        Type.Literal('sign_in'),
        Type.Literal('group'),
        Type.Literal('demo'),
      ]),
      user_sig: ApprovalSignature,
      co_sigs: Type.Optional(Type.Array(ApprovalSignature, { minItems: 1, maxItems: 7 })),
    },
    closed,
  ),
  examples: [{ ...base, user_sig: signature }],
  refused: [
    { why: 'unsigned', value: base },
    { why: 'wall-clock expiry', value: { ...base, expires: '2030-01-01', user_sig: signature } },
    { why: 'unknown mode', value: { ...base, mode: 'Forever', user_sig: signature } },
  ],
});
