import Type from 'typebox';
import { artifact } from './artifact.ts';
import { Base64, closed, Digest, LongText, ShortText, Uint64 } from './primitives.ts';

const HASH = `sha256:${'2e'.repeat(32)}`;
const OTHER = `sha256:${'2f'.repeat(32)}`;
const NOTE = 'ioi.local/0f0f\n9\nAAAA\n\n';
/** A log of `size` entries under this RFC 6962 root. */
const LogClaim = Type.Object({ size: Uint64, root: Digest }, closed);
/** RFC 6962 hashes, leaf first. */
const Path = Type.Array(Base64, { maxItems: 63 });
/** An entry's canonical text with its path to the root of the log that the node has. */
const Included = Type.Object(
  { seq: Uint64, text: Type.String({ maxLength: 65_535 }), path: Path },
  closed,
);

export const FaultProof = artifact({
  name: 'FaultProof',
  source: 'whitepaper 8.2 (class 5), 3.4',
  summary:
    'Two logs of one domain that cannot both be its history. `log_divergence`: `claimed` is what ' +
    'a client was served or a witness saw before, `held` what this node has at the same size. ' +
    '`log_rollback`: `claimed` is larger than all that this node has. `checkpoints` are signed ' +
    'notes: the one this node has, then the one that covers `claimed` where it is known; with ' +
    'both and `evidence` it shows whose signature is at fault. In it, `genesis` names the keys, ' +
    '`latest` is the last entry of the first checkpoint, `consistency` leads from `held` to it.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      kind: Type.Union([Type.Literal('log_divergence'), Type.Literal('log_rollback')]),
      domain_id: ShortText,
      claimed: LogClaim,
      held: LogClaim,
      checkpoints: Type.Array(Type.String({ maxLength: 16_384 }), { maxItems: 8 }),
      evidence: Type.Optional(
        Type.Object({ genesis: Included, latest: Included, consistency: Path }, closed),
      ),
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
      checkpoints: [NOTE],
    },
    {
      kind: 'log_rollback',
      domain_id: 'agentgres://domain/local-0f0f',
      claimed: { size: '20', root: HASH },
      held: { size: '9', root: OTHER },
      checkpoints: [NOTE, NOTE],
      evidence: {
        genesis: { seq: '0', text: '{}', path: [] },
        latest: { seq: '8', text: '{}', path: ['AAAA'] },
        consistency: [],
      },
    },
  ],
  refused: [
    { why: 'no held log', value: { kind: 'log_divergence', domain_id: 'x' } },
    {
      why: 'an unknown kind of fault',
      value: {
        kind: 'log_lost',
        domain_id: 'x',
        claimed: { size: '8', root: HASH },
        held: { size: '8', root: OTHER },
        checkpoints: [],
      },
    },
  ],
});
