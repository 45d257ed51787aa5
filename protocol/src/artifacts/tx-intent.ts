import Type from 'typebox';
import { artifact } from './artifact.ts';
import { closed, Uint64 } from './primitives.ts';

/** Wei, or anything else of 256 bits; 78 digits hold it, and whoever signs checks the rest. */
const Uint256 = Type.String({ pattern: '^(0|[1-9][0-9]{0,77})$' });
const intent = {
  chain_id: '1',
  to: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
  value: '1000000000000000000',
  data: '0x',
  limits: { gas: '21000', max_fee_per_gas: '30000000000', max_priority_fee_per_gas: '1000000000' },
};

export const TxIntent = artifact({
  name: 'TxIntent',
  source: 'whitepaper 7.2 (Manager-Delegated Agent Autonomy), 7.3.1',
  summary:
    'What an agent wants of a chain, in place of a raw transaction. Addresses are lower case. ' +
    'Without `nonce` the edge asks the chain for the next one of the account. The chain and the ' +
    'account are those of the key; what is signed is an EIP-1559 transaction of these fields.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      chain_id: Uint64,
      to: Type.String({ pattern: '^0x[0-9a-f]{40}$' }),
      value: Uint256,
      data: Type.String({ pattern: '^0x([0-9a-f]{2})*$', maxLength: 131_074 }),
      limits: Type.Object(
        { gas: Uint64, max_fee_per_gas: Uint256, max_priority_fee_per_gas: Uint256 },
        closed,
      ),
      nonce: Type.Optional(Uint64),
    },
    closed,
  ),
  examples: [intent, { ...intent, data: '0xa9059cbb', nonce: '7' }],
  refused: [
    { why: 'a raw transaction', value: { raw: '0x02f870' } },
    { why: 'a value that is a JSON number', value: { ...intent, value: 1 } },
    { why: 'no limits', value: { ...intent, limits: undefined } },
  ],
});
