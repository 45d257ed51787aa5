import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import {
  closed,
  Digest,
  HybridPublicKey,
  HybridSignature,
  ShortText,
  Uint64,
} from './primitives.ts';

const HASH = `sha256:${'9a'.repeat(32)}`;
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** What one act is: the digest of its target and all it carries, and words for people. */
const PreApprovedAct = Type.Object({ target: ShortText, act_hash: Digest }, closed);

const pre_approval = {
  key_id: HASH,
  nonce: '7',
  commit: COMMIT,
  acts: [{ target: 'net::http::put', act_hash: HASH }],
  issued: '1800000000000',
  until: '1800086400000',
};
const public_key = {
  algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
  ed25519: 'AAAA',
  ml_dsa_44: 'AAAA',
};
const signature = exampleSignature(HASH);

export const PreApproval = artifact({
  name: 'PreApproval',
  source: 'whitepaper 2.6.7, 9.4.3; design ruling 10',
  summary:
    'What an approver signs beforehand for a job of a build server, under SIG_DOMAIN_APPROVAL: ' +
    'exactly these acts, each once, on exactly this commit, until a time (Unix milliseconds of ' +
    'the approver). `act_hash` is the digest of `{params, target}` with all contents in place. ' +
    'With `ref`, on that ref alone. The key is believed by a fingerprint the job was given.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      pre_approval: Type.Object(
        {
          key_id: Digest,
          nonce: Uint64,
          commit: Type.String({ pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$' }),
          ref: Type.Optional(ShortText),
          acts: Type.Array(PreApprovedAct, { minItems: 1, maxItems: 256 }),
          issued: Uint64,
          until: Uint64,
        },
        closed,
      ),
      public_key: HybridPublicKey,
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ pre_approval, public_key, signature }],
  refused: [
    { why: 'unsigned', value: { pre_approval, public_key } },
    {
      why: 'a branch for a commit',
      value: { pre_approval: { ...pre_approval, commit: 'main' }, public_key, signature },
    },
    {
      why: 'no act',
      value: { pre_approval: { ...pre_approval, acts: [] }, public_key, signature },
    },
  ],
});
