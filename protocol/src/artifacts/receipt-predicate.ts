import Type from 'typebox';
import { artifact } from './artifact.ts';
import {
  Base64,
  ChainTime,
  closed,
  Digest,
  DomainId,
  NodeId,
  OperationId,
  ShortText,
  Uint64,
} from './primitives.ts';
import { ReceiptEnvelope } from './receipt-envelope.ts';

export const ReceiptPredicate = artifact({
  name: 'ReceiptPredicate',
  source: 'whitepaper B.4; in-toto attestation framework, Statement v1',
  summary:
    'Predicate of an in-toto Statement over a receipt: where its entry stands in the log that ' +
    'the node sealed. The subject of the statement is the receipt, by SHA-256 of its canonical ' +
    'bytes; `leaf_sha256` is that of the canonical bytes of the entry.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      node_id: NodeId,
      domain_id: DomainId,
      seq: Uint64,
      operation_id: OperationId,
      operation: ShortText,
      chain_time: ChainTime,
      leaf_sha256: Digest,
      checkpoint: Type.Object({ origin: ShortText, size: Uint64, root: Base64 }, closed),
      receipt: ReceiptEnvelope.schema,
    },
    closed,
  ),
  examples: [
    {
      node_id: `node://local/${'0f'.repeat(16)}`,
      domain_id: 'agentgres://domain/market.example',
      seq: '7',
      operation_id: `op_${'3c'.repeat(16)}`,
      operation: 'boundary/action.decide',
      chain_time: '1800000000000',
      leaf_sha256: `sha256:${'4d'.repeat(32)}`,
      checkpoint: {
        origin: 'agentgres://domain/market.example',
        size: '12',
        root: `${'A'.repeat(43)}=`,
      },
      receipt: ReceiptEnvelope.examples[0] as (typeof ReceiptEnvelope.examples)[number],
    },
  ],
  refused: [{ why: 'no receipt', value: { seq: '7' } }],
});
