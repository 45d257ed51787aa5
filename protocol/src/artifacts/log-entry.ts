import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  ChainTime,
  Count,
  closed,
  Digest,
  Ed25519Signature,
  HybridSignature,
  JsonObject,
  OperationId,
  ShortText,
  Uint64,
} from './primitives.ts';

const AuthenticatedBy = Type.Union([
  /** The node's own channel vouches: whoever speaks on it is the daemon. */
  Type.Object({ kind: Type.Literal('channel') }, closed),
  /** Written by the guardian itself. */
  Type.Object({ kind: Type.Literal('guardian') }, closed),
  /** A key the domain knows signed this operation alone. */
  Type.Object(
    {
      kind: Type.Literal('signature'),
      signature: Type.Union([Ed25519Signature, HybridSignature]),
    },
    closed,
  ),
  /** A key the domain knows signed the RFC 6962 root over `size` operations of one client. */
  Type.Object(
    {
      kind: Type.Literal('batch'),
      root: Digest,
      size: Count,
      index: Count,
      path: Type.Array(Digest, { maxItems: 64 }),
      signature: HybridSignature,
    },
    closed,
  ),
  /** Of the batch whose signature the entry `signed_seq` has, before it in the same commit. */
  Type.Object(
    {
      kind: Type.Literal('batch_member'),
      signed_seq: Uint64,
      index: Count,
      path: Type.Array(Digest, { maxItems: 64 }),
    },
    closed,
  ),
]);

/** Nothing of the class, or not this object of it, was changed by an entry after `since`. */
const Precondition = Type.Object(
  { head_class: ShortText, id: Type.Optional(Type.String({ maxLength: 1024 })), since: Uint64 },
  closed,
);

export const LogEntry = artifact({
  name: 'LogEntry',
  source: 'whitepaper 3.1; design section 4',
  summary:
    'One canonical operation as it stands in the log. The leaf of the log tree is the RFC 6962 ' +
    'leaf hash of its canonical bytes (at most 65,535). `height` counts commits; every commit ' +
    'ends with a `domain/commit` entry that carries the state root, so the signed log root ' +
    'commits both trees. `events` follow from the operation and the state before it: whoever ' +
    'replays the log must arrive at the same bytes. Of one signed batch of a client the first ' +
    'entry in a commit has the signature, and those after it name that entry.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      seq: Uint64,
      height: Uint64,
      chain_time: ChainTime,
      operation_id: OperationId,
      operation: Type.String({ pattern: '^[a-z]+/[a-z_]+(\\.[a-z_]+)*$' }),
      module_hash: Digest,
      authenticated_by: AuthenticatedBy,
      preconditions: Type.Optional(Type.Array(Precondition, { minItems: 1, maxItems: 64 })),
      payload: JsonObject,
      events: Type.Array(JsonObject, { maxItems: 64 }),
    },
    closed,
  ),
  examples: [
    {
      seq: '0',
      height: '0',
      chain_time: '1800000000000',
      operation_id: `op_${'3d'.repeat(16)}`,
      operation: 'boundary/genesis',
      module_hash: `sha256:${'1c'.repeat(32)}`,
      authenticated_by: { kind: 'guardian' },
      payload: {},
      events: [],
    },
  ],
  refused: [{ why: 'seq is a JSON number', value: { seq: 0 } }],
});

export const CommitSummary = artifact({
  name: 'CommitSummary',
  source: 'design section 4 (commit order, two trees)',
  summary:
    'Payload of a `domain/commit` entry, the last of its commit. `recovered` marks a commit ' +
    'that seals entries found unsealed after a crash: no effect ever started from them. ' +
    '`voided` lists entries the guardian refused in such a recovery: they stay, without effect.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      epoch: Uint64,
      first_seq: Uint64,
      state_root: Digest,
      recovered: Type.Boolean(),
      voided: Type.Array(Type.Object({ seq: Uint64, code: Type.String() }, closed), {
        maxItems: 4096,
      }),
    },
    closed,
  ),
  examples: [
    {
      epoch: '0',
      first_seq: '0',
      state_root: `sha256:${'00'.repeat(32)}`,
      recovered: false,
      voided: [],
    },
  ],
  refused: [{ why: 'no state root', value: { epoch: '0', first_seq: '0', voided: [] } }],
});
