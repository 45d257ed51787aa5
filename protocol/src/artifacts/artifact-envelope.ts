import Type from 'typebox';
import { artifact } from './artifact.ts';
import { AgentId, ChainTime, Count, closed, Digest, ShortText } from './primitives.ts';

const HEX = '7e'.repeat(32);

export const ArtifactEnvelope = artifact({
  name: 'ArtifactEnvelope',
  source: 'whitepaper B.4, 3.2',
  summary:
    'What is kept of bytes that stand outside the log. `sha256` and `cid` are of the bytes with ' +
    'their salt, so that short contents cannot be guessed from them; `size_bytes` counts the ' +
    'same. `artifact_class` says what they were to the action, and so which retention rule holds.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact_id: Type.String({ pattern: '^artifact_[0-9a-f]{32}$' }),
      cid: Type.String({ pattern: '^b[a-z2-7]{58}$' }),
      sha256: Digest,
      size_bytes: Count,
      media_type: ShortText,
      privacy_class: Type.Union([
        Type.Literal('public'),
        Type.Literal('internal'),
        Type.Literal('private'),
        Type.Literal('encrypted'),
      ]),
      encryption: Type.Object(
        {
          mode: Type.Union([
            Type.Literal('none'),
            Type.Literal('envelope'),
            Type.Literal('threshold'),
            Type.Literal('tee_sealed'),
          ]),
          key_ref: Type.Optional(ShortText),
        },
        closed,
      ),
      provenance: Type.Object(
        {
          run_id: Type.Optional(ShortText),
          worker_id: Type.Optional(ShortText),
          operation_id: Type.Optional(ShortText),
          receipt_id: Type.Optional(ShortText),
          request_hash: Type.Optional(Digest),
          agent_id: Type.Optional(AgentId),
        },
        closed,
      ),
      access_policy_ref: Type.Optional(ShortText),
      artifact_class: Type.Union([
        Type.Literal('prompt'),
        Type.Literal('content'),
        Type.Literal('output'),
        Type.Literal('body'),
        Type.Literal('evidence'),
      ]),
      created: ChainTime,
    },
    closed,
  ),
  examples: [
    {
      artifact_id: `artifact_${HEX.slice(0, 32)}`,
      cid: `b${'a'.repeat(58)}`,
      sha256: `sha256:${HEX}`,
      size_bytes: 37,
      media_type: 'text/plain; charset=utf-8',
      privacy_class: 'encrypted',
      encryption: { mode: 'envelope', key_ref: 'slot:4' },
      provenance: { request_hash: `sha256:${HEX}`, agent_id: 'agent://local/mcp' },
      artifact_class: 'content',
      created: '1800000000000',
    },
  ],
  refused: [{ why: 'a class nobody keeps by', value: { artifact_class: 'secret' } }],
});
