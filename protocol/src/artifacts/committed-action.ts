import Type from 'typebox';
import { artifact } from './artifact.ts';
import { ActionFacts } from './facts.ts';
import { Count, closed, Digest, GrantId, Money, NodeId, ShortText } from './primitives.ts';

/** A reservation made in the commit and settled or released by the receipt. */
export const Reservation = Type.Object(
  {
    budget_id: ShortText,
    calls: Type.Optional(Count),
    spend: Type.Optional(Money),
    /** Of calls: the longest window they are counted in, and the most a rate looks at. */
    window_ms: Type.Optional(Count),
    most: Type.Optional(Count),
  },
  closed,
);

const HASH = `sha256:${'0d'.repeat(32)}`;

export const CommittedAction = artifact({
  name: 'CommittedAction',
  source: 'whitepaper 2.1 (pillar 3), 2.4 (DBIS-5)',
  summary:
    'Sealed before the effect: binds the request, the policy, the facts, the approval and the ' +
    'reserved budget. A driver performs nothing else. `attempt` counts from 1; every attempt is ' +
    'a new request with a new nonce.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request_hash: Digest,
      policy_hash: Digest,
      contract_hash: Digest,
      facts: ActionFacts.schema,
      approval_ref: Type.Optional(Digest),
      /** The grant it is under, where its tool takes a scope. */
      authority_grant_id: Type.Optional(GrantId),
      reservations: Type.Array(Reservation, { maxItems: 32 }),
      attempt: Type.Integer({ minimum: 1, maximum: 64 }),
      executor: NodeId,
    },
    closed,
  ),
  examples: [
    {
      request_hash: HASH,
      policy_hash: HASH,
      contract_hash: HASH,
      facts: { target_exists: false },
      reservations: [],
      attempt: 1,
      executor: `node://local/${'0f'.repeat(16)}`,
    },
  ],
  refused: [
    {
      why: 'no policy_hash',
      value: { request_hash: HASH, contract_hash: HASH, facts: {}, reservations: [], attempt: 1 },
    },
  ],
});
