import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import {
  AuthorityScope,
  ChainTime,
  closed,
  Digest,
  HybridSignature,
  PrimitiveCapability,
  ShortText,
  Uint64,
} from './primitives.ts';

export const sessionFields = {
  session_id: Digest,
  subject_id: ShortText,
  issuer_id: Digest,
  audience: ShortText,
  policy_hash: Digest,
  capability_subset: Type.Array(Type.Union([PrimitiveCapability, AuthorityScope]), {
    maxItems: 64,
  }),
  projection_scope: Type.Array(ShortText, { maxItems: 64 }),
  expires_at: ChainTime,
  revocation_epoch: Uint64,
};

const HASH = `sha256:${'2d'.repeat(32)}`;
export const exampleSession = {
  session_id: HASH,
  subject_id: 'agent://local/dashboard',
  issuer_id: HASH,
  audience: 'agentgres://domain/local-0f0f',
  policy_hash: HASH,
  capability_subset: ['prim:fs.read'],
  projection_scope: ['projection://*/actions'],
  expires_at: '1800000000000',
  revocation_epoch: '0',
};

export const SessionLease = artifact({
  name: 'SessionLease',
  source: 'whitepaper 7.4.1, 7.4.2',
  summary:
    'A portable session: which projections its bearer may read, on any node that serves the ' +
    'domain. `issuer_id` is the key id of the domain owner, `audience` the domain, `expires_at` ' +
    'Chain Time. Hybrid class: valid only with both signatures of the owner.',
  artifactClass: 'enforceable',
  schema: Type.Object({ ...sessionFields, signature: HybridSignature }, closed),
  examples: [
    {
      ...exampleSession,
      signature: exampleSignature(HASH),
    },
  ],
  refused: [{ why: 'unsigned', value: exampleSession }],
});
