import Type from 'typebox';
import { artifact } from './artifact.ts';
import { Count, closed, Digest, ShortText } from './primitives.ts';

export const ArtifactEnvelope = artifact({
  name: 'ArtifactEnvelope',
  source: 'whitepaper B.4',
  summary:
    'Payload of `objects/artifact.attach`: where payload bytes are, what they hash to, and where ' +
    'they come from. The bytes themselves never enter the log.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      artifact_id: Type.String({ pattern: '^artifact_[A-Za-z0-9_]{1,64}$' }),
      cid: Type.String({ pattern: '^baf[a-z2-7]{20,120}$' }),
      sha256: Digest,
      size_bytes: Count,
      media_type: Type.String({ pattern: '^[A-Za-z0-9.+-]{1,64}/[A-Za-z0-9.+-]{1,64}$' }),
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
        },
        closed,
      ),
      access_policy_ref: Type.Optional(ShortText),
    },
    closed,
  ),
  examples: [
    {
      artifact_id: 'artifact_1',
      cid: `bafy${'a2'.repeat(24)}`,
      sha256: `sha256:${'4e'.repeat(32)}`,
      size_bytes: 1024,
      media_type: 'application/pdf',
      privacy_class: 'internal',
      encryption: { mode: 'none' },
      provenance: { run_id: 'run_1' },
    },
  ],
  refused: [{ why: 'carries the bytes', value: { artifact_id: 'artifact_1', bytes: 'AAAA' } }],
});
