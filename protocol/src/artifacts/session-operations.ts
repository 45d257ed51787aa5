import Type from 'typebox';
import { artifact } from './artifact.ts';
import { exampleSignature } from './example-signature.ts';
import {
  ChainTime,
  closed,
  Digest,
  HybridPublicKey,
  HybridSignature,
  NodeId,
  ShortText,
  Uint64,
} from './primitives.ts';
import { exampleSession, sessionFields } from './session-lease.ts';

const SOURCE = 'whitepaper 7.4.1';
const HASH = `sha256:${'2d'.repeat(32)}`;
const NODE = `node://local/${'2d'.repeat(16)}`;
const key = {
  algorithm: 'hybrid-ed25519-ml-dsa-44' as const,
  ed25519: 'AAAA',
  ml_dsa_44: 'AAAA',
};
const signature = exampleSignature(HASH);

export const IssueSessionLease = artifact({
  name: 'IssueSessionLease',
  source: SOURCE,
  summary:
    'Payload of `governance/session_lease.issue`, signed by the owner: a portable session with ' +
    'exactly these fields exists. The signature that makes it usable is told to the owner alone; ' +
    'what stands in the log opens nothing.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    { session: Type.Object(sessionFields, closed), signature: HybridSignature },
    closed,
  ),
  examples: [{ session: exampleSession, signature }],
  refused: [
    { why: 'unsigned', value: { session: exampleSession } },
    {
      why: 'it would tell the session itself',
      value: { session: { ...exampleSession, signature }, signature },
    },
  ],
});

const revocation = { session_ids: [HASH], sequence: '1' };

export const RevokeSessionLeases = artifact({
  name: 'RevokeSessionLeases',
  source: SOURCE,
  summary:
    'Payload of `governance/session_lease.revoke`, signed by the owner: these sessions hold no ' +
    'more from this seal on. `sequence` rises by one with every revocation.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      revocation: Type.Object(
        { session_ids: Type.Array(Digest, { minItems: 1, maxItems: 256 }), sequence: Uint64 },
        closed,
      ),
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ revocation, signature }],
  refused: [{ why: 'unsigned', value: { revocation } }],
});

const statement = {
  issuer_id: HASH,
  node_id: NODE,
  sequence: '1',
  revocation_epoch: '0',
  revoked: [HASH],
  as_of: '1800000000000',
};

export const SessionRevocations = artifact({
  name: 'SessionRevocations',
  source: SOURCE,
  summary:
    'What the guardian of an issuer says of its sessions at one moment of its Chain Time: which ' +
    'are revoked and not yet over. Another node believes it no longer than it said it would.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      issuer_id: Digest,
      node_id: NodeId,
      sequence: Uint64,
      revocation_epoch: Uint64,
      revoked: Type.Array(Digest, { maxItems: 4096 }),
      as_of: ChainTime,
      signature: HybridSignature,
    },
    closed,
  ),
  examples: [{ ...statement, signature }],
  refused: [{ why: 'unsigned', value: statement }],
});

const issuer = { issuer_id: HASH, node_id: NODE, owner_key: key, guardian_key: key };

export const SessionIssuer = artifact({
  name: 'SessionIssuer',
  source: SOURCE,
  summary:
    'Whose sessions another node takes: the key that signs them, and the one that says which ' +
    'are revoked. Pinned by the owner of that node, who says beside it what they may read there ' +
    'at most and how old a word about revocation may be, in milliseconds.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      issuer_id: Digest,
      node_id: NodeId,
      owner_key: HybridPublicKey,
      guardian_key: HybridPublicKey,
      projection_scope: Type.Optional(Type.Array(ShortText, { maxItems: 64 })),
      max_staleness_ms: Type.Optional(Type.Integer({ minimum: 1000, maximum: 86_400_000 })),
    },
    closed,
  ),
  examples: [
    issuer,
    { ...issuer, projection_scope: ['projection://*/actions'], max_staleness_ms: 3_600_000 },
  ],
  refused: [{ why: 'a staleness of weeks', value: { ...issuer, max_staleness_ms: 604_800_000 } }],
});
