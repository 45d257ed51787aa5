import Type from 'typebox';
import { artifact } from './artifact.ts';
import { ChainTime, closed, Digest, DomainId, referenceTo, ShortText } from './primitives.ts';

export const CrossDomainRefEnvelope = artifact({
  name: 'CrossDomainRefEnvelope',
  source: 'whitepaper B.4',
  summary:
    'Payload of `objects/reference.bind`: binds an object of another domain by roots and hashes. ' +
    'It carries no state of that domain.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      ref_id: Type.String({ pattern: '^ref_[A-Za-z0-9_]{1,64}$' }),
      source_domain: DomainId,
      target_domain: DomainId,
      object_class: ShortText,
      object_ref: Type.String({ pattern: '^(ai|agentgres)://[A-Za-z0-9._~%@:+*/-]{1,500}$' }),
      state_root_ref: Type.Optional(Digest),
      policy_hash: Type.Optional(Digest),
      receipt_root: Type.Optional(Digest),
      authority_context_ref: Type.Optional(referenceTo('grant')),
      settlement_mirror_ref: Type.Optional(referenceTo('l1')),
      created_at: ChainTime,
    },
    closed,
  ),
  examples: [
    {
      ref_id: 'ref_1',
      source_domain: 'agentgres://domain/market',
      target_domain: 'agentgres://domain/ledger',
      object_class: 'Account',
      object_ref: 'agentgres://domain/ledger/Account/a1',
      state_root_ref: `sha256:${'4e'.repeat(32)}`,
      created_at: '1800000000000',
    },
  ],
  refused: [{ why: 'carries state', value: { ref_id: 'ref_1', value: { balance: '5' } } }],
});
