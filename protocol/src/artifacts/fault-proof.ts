import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, Digest, LongText, ShortText, Uint64 } from './primitives.ts';

const HASH = `sha256:${'2e'.repeat(32)}`;
const OTHER = `sha256:${'2f'.repeat(32)}`;
/** A log of `size` entries under this RFC 6962 root. */
const LogClaim = Type.Object({ size: Uint64, root: Digest }, closed);

export const FaultProof = artifact({
  name: 'FaultProof',
  source: 'whitepaper 8.2 (class 5), 3.4',
  summary:
    'Two logs of one domain that cannot both be its history: `claimed` is what a client was ' +
    'served before, `held` what this node has at the same size. `checkpoints` are the signed ' +
    'notes the node has; with one that covers `claimed` it shows whose signature is at fault.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      kind: Type.Literal('log_divergence'),
      domain_id: ShortText,
      claimed: LogClaim,
      held: LogClaim,
      checkpoints: Type.Array(Type.String({ maxLength: 16_384 }), { maxItems: 8 }),
      detail: Type.Optional(LongText),
    },
    closed,
  ),
  examples: [
    {
      kind: 'log_divergence',
      domain_id: 'agentgres://domain/local-0f0f',
      claimed: { size: '8', root: HASH },
      held: { size: '8', root: OTHER },
      checkpoints: ['ioi.local/0f0f\n9\nAAAA\n\n'],
    },
  ],
  refused: [{ why: 'no held log', value: { kind: 'log_divergence', domain_id: 'x' } }],
});
