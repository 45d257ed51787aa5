import { type ConnectorTool, EVM_KEYWORD } from './operation.ts';

const amount = { type: 'string', description: 'wei, in decimal digits' };
const schema = {
  type: 'object',
  properties: {
    chain_id: { type: 'string' },
    to: { type: 'string', description: 'an address, 0x and 40 digits in lower case' },
    value: amount,
    data: { type: 'string', description: '0x and digits, in lower case' },
    limits: {
      type: 'object',
      properties: {
        gas: { type: 'string' },
        max_fee_per_gas: amount,
        max_priority_fee_per_gas: amount,
      },
      required: ['gas', 'max_fee_per_gas', 'max_priority_fee_per_gas'],
      additionalProperties: false,
    },
    nonce: { type: 'string' },
  },
  required: ['chain_id', 'to', 'value', 'data', 'limits'],
  additionalProperties: false,
} as const;

/** What a connector of a chain offers: a TxIntent in, never a raw transaction (whitepaper 7.2). */
export const evmTools: readonly ConnectorTool[] = [
  {
    name: 'send_transaction',
    description: 'Signs this transaction and hands it to the chain.',
    inputSchema: { ...schema, [EVM_KEYWORD]: { effect: 'send' } },
  },
  {
    name: 'sign_transaction',
    description: 'Signs this transaction and returns its bytes; nobody is sent it.',
    inputSchema: { ...schema, [EVM_KEYWORD]: { effect: 'sign' } },
  },
];
