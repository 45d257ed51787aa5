import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, Digest, DomainId, NodeId } from './primitives.ts';

const SOURCE = 'whitepaper 2.5.4, 3.2';
const MoveId = Type.String({ pattern: '^move_[0-9a-f]{32}$' });
const ArchiveId = Type.String({ pattern: '^arch_[0-9a-f]{32}$' });
const ID = `move_${'5c'.repeat(16)}`;
const NODE = `node://local/${'0f'.repeat(16)}`;
const DOMAIN = 'agentgres://domain/market.example';

export const BeginMove = artifact({
  name: 'BeginMove',
  source: SOURCE,
  summary:
    'Payload of `move/begin`: this domain is to go on as `to_domain_id` of another node. From ' +
    'here on nothing is admitted in it but the end of the move, or its cancellation.',
  artifactClass: 'enforceable',
  schema: Type.Object({ move_id: MoveId, to_node_id: NodeId, to_domain_id: DomainId }, closed),
  examples: [{ move_id: ID, to_node_id: NODE, to_domain_id: DOMAIN }],
  refused: [{ why: 'to no node', value: { move_id: ID, to_domain_id: DOMAIN } }],
});

export const CancelMove = artifact({
  name: 'CancelMove',
  source: SOURCE,
  summary:
    'Payload of `move/cancel`: the move that was begun is not made; the domain goes on here.',
  artifactClass: 'enforceable',
  schema: Type.Object({ move_id: MoveId }, closed),
  examples: [{ move_id: ID }],
  refused: [{ why: 'no move', value: {} }],
});

export const FinishMove = artifact({
  name: 'FinishMove',
  source: SOURCE,
  summary:
    'Payload of `move/finish`, the last entry that a domain takes: it goes on at the node that ' +
    'was named when the move was begun, and is made there of this archive alone. Who shows the ' +
    'entry there may make it.',
  artifactClass: 'enforceable',
  schema: Type.Object({ move_id: MoveId, archive_id: ArchiveId, archive_sha256: Digest }, closed),
  examples: [
    {
      move_id: ID,
      archive_id: `arch_${'8b'.repeat(16)}`,
      archive_sha256: `sha256:${'7a'.repeat(32)}`,
    },
  ],
  refused: [{ why: 'of no archive', value: { move_id: ID } }],
});
