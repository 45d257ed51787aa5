import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  ChainTime,
  Count,
  closed,
  Digest,
  DomainId,
  OperationRef,
  referenceTo,
  Semver,
} from './primitives.ts';

const HASH = `sha256:${'7a'.repeat(32)}`;
const ID = `arch_${'8b'.repeat(16)}`;
const DID = `did:ioi:${'3e'.repeat(32)}`;

export const AgentStateArchiveEnvelope = artifact({
  name: 'AgentStateArchiveEnvelope',
  source: 'whitepaper 3.2, B.4',
  summary:
    'What a sealed archive of one domain holds, and to whom it is sealed; kept in the domain as ' +
    'an object of the class AgentStateArchive. `hybrid_pq`: XChaCha20-Poly1305 in frames, under ' +
    'a key that X25519 and ML-KEM-768 agreed on together. Each of `object_head_refs` names one ' +
    'class of objects and the digest of their ids and values. `receipt_root` is that of the log. ' +
    'Where `contents` has `artifact_refs`, the bytes of every attached artifact are in it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      archive_id: Type.String({ pattern: '^arch_[0-9a-f]{32}$' }),
      domain_id: DomainId,
      base_state_root: Digest,
      object_head_refs: Type.Array(referenceTo('ref'), { maxItems: 4096 }),
      archive_cid: Type.String({ pattern: '^cid://b[a-z2-7]{58}$' }),
      archive_sha256: Digest,
      encryption: Type.Object(
        {
          scheme: Type.Literal('hybrid_pq'),
          recipient_ref: referenceTo('wallet'),
          key_ref: referenceTo('key'),
        },
        closed,
      ),
      contents: Type.Array(
        Type.Union([Type.Literal('operation_log'), Type.Literal('artifact_refs')]),
        { minItems: 1, maxItems: 2 },
      ),
      schema_version: Semver,
      policy_hash: Type.Optional(Digest),
      created_at: ChainTime,
      receipt_root: Digest,
    },
    closed,
  ),
  examples: [
    {
      archive_id: ID,
      domain_id: 'agentgres://domain/market.example',
      base_state_root: HASH,
      object_head_refs: [`ref://market.example/object.Service@${HASH}`],
      archive_cid: `cid://b${'a'.repeat(58)}`,
      archive_sha256: HASH,
      encryption: {
        scheme: 'hybrid_pq',
        recipient_ref: `wallet://${DID}`,
        key_ref: `key://${DID}/agreement`,
      },
      contents: ['operation_log'],
      schema_version: '1.0.0',
      policy_hash: HASH,
      created_at: '1800000000000',
      receipt_root: HASH,
    },
  ],
  refused: [{ why: 'to nobody', value: { archive_id: ID, archive_sha256: HASH } }],
});

export const RestoreReceiptEnvelope = artifact({
  name: 'RestoreReceiptEnvelope',
  source: 'whitepaper 3.2, B.4',
  summary:
    'That a sealed archive was opened by its owner, checked and imported through operations; ' +
    'kept in the domain that came of it as an object of the class RestoreReceipt. Of the ' +
    'operations the first and the last are named, and how many there were.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      restore_id: Type.String({ pattern: '^restore_[0-9a-f]{32}$' }),
      archive_ref: Type.String({ pattern: '^arch://arch_[0-9a-f]{32}$' }),
      archive_sha256: Digest,
      requester_ref: referenceTo('wallet'),
      authority_grant_refs: Type.Array(referenceTo('grant'), { maxItems: 0 }),
      hash_verified: Type.Literal(true),
      decrypted: Type.Literal(true),
      schema_validated: Type.Literal(true),
      state_root_validated: Type.Literal(true),
      object_heads_validated: Type.Literal(true),
      imported_operation_refs: Type.Array(OperationRef, { maxItems: 2 }),
      imported_operations: Count,
      result_state_root: Digest,
      receipt_time: ChainTime,
    },
    closed,
  ),
  examples: [
    {
      restore_id: `restore_${'9c'.repeat(16)}`,
      archive_ref: `arch://${ID}`,
      archive_sha256: HASH,
      requester_ref: `wallet://${DID}`,
      authority_grant_refs: [],
      hash_verified: true,
      decrypted: true,
      schema_validated: true,
      state_root_validated: true,
      object_heads_validated: true,
      imported_operation_refs: [`op://op_${'1d'.repeat(16)}`],
      imported_operations: 1,
      result_state_root: HASH,
      receipt_time: '1800000000000',
    },
  ],
  refused: [{ why: 'it was not decrypted', value: { decrypted: false } }],
});
