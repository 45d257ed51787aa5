import Type from 'typebox';
import { artifact } from './artifact.ts';
import { ArtifactEnvelope } from './artifact-envelope.ts';
import { AgentId, ChainTime, closed, Digest } from './primitives.ts';

const HEX = '7e'.repeat(32);

export const KeptArtifact = artifact({
  name: 'KeptArtifact',
  source: 'whitepaper B.4, 8.2; decision 0008',
  summary:
    'A content that a node keeps beside its log. `sha256` and `cid` of the envelope are of the ' +
    'bytes with their salt, so that short contents cannot be guessed from them; `size_bytes` ' +
    'counts the same. `artifact_class` says what the content was to its action, and so which ' +
    'retention rule holds.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      envelope: ArtifactEnvelope.schema,
      artifact_class: Type.Union([
        Type.Literal('prompt'),
        Type.Literal('content'),
        Type.Literal('output'),
        Type.Literal('body'),
        Type.Literal('evidence'),
      ]),
      request_hash: Digest,
      agent_id: AgentId,
      created: ChainTime,
    },
    closed,
  ),
  examples: [
    {
      envelope: {
        artifact_id: `artifact_${HEX.slice(0, 32)}`,
        cid: `b${'afkrei'.padEnd(58, 'a')}`,
        sha256: `sha256:${HEX}`,
        size_bytes: 37,
        media_type: 'text/plain',
        privacy_class: 'encrypted',
        encryption: { mode: 'envelope' },
        provenance: {},
      },
      artifact_class: 'content',
      request_hash: `sha256:${HEX}`,
      agent_id: 'agent://local/mcp',
      created: '1800000000000',
    },
  ],
  refused: [{ why: 'a class nobody keeps by', value: { artifact_class: 'secret' } }],
});
