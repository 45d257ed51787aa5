import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '@ioi/canon';
import { mailContract } from '@ioi/law/testing';
import type { RuntimeToolContract } from '@ioi/protocol';
import type { TestNode } from './test-node.ts';

const SCHEMA = {
  type: 'object',
  properties: { body: { type: 'string' }, to: { type: 'string' } },
  required: ['body'],
};

/** A server of one tool that writes down, line by line, what it was called with. */
const SOURCE = `
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const [, , log, name, inputSchema] = process.argv;
const tool = { name, inputSchema: JSON.parse(inputSchema) };
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'mail', version: '1' },
  }),
  'tools/list': () => ({ tools: [tool] }),
  'tools/call': ({ arguments: given }) => {
    appendFileSync(log, JSON.stringify(given) + '\\n');
    return { content: [{ type: 'text', text: 'sent' }] };
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result = answers[method]?.(params) ?? {};
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
}
`;

/**
 * Adds the server to a node that was initialised, and gives the file it writes to. Its tool takes
 * these scopes.
 */
export function addMailServer(
  node: TestNode,
  authority_scopes: RuntimeToolContract['authority_scopes'] = [],
): string {
  return addServer(node, { ...mailContract, authority_scopes }, SCHEMA);
}

const MONEY = {
  type: 'object',
  properties: { amount: { type: 'string' }, unit: { type: 'string' } },
  required: ['amount', 'unit'],
};

const PAYMENT = {
  type: 'object',
  properties: { amount: MONEY, to: { type: 'string' }, memo: { type: 'string' } },
  required: ['amount', 'to'],
};

const value = (argument: string, parameter = argument) =>
  ({ argument, parameter, kind: 'value' }) as const;

/** What pays, or says so: it writes down what it was told to. */
export function addPaymentServer(
  node: TestNode,
  changed: Partial<RuntimeToolContract> = {},
): string {
  const contract: RuntimeToolContract = {
    ...mailContract,
    ...{ server: 'till', tool: 'pay', target: 'wallet::spend', act: 'buy' },
    ...{ authority_scopes: ['scope:till.pay'], risk_class: 'high' },
    parameters: [value('amount'), { ...value('to', 'payee'), is_destination: true }, value('memo')],
    ...changed,
  };
  return addServer(node, contract, PAYMENT);
}

function addServer(
  { folder, home }: TestNode,
  given: RuntimeToolContract,
  inputSchema: object,
): string {
  const { server: name, tool } = given;
  const [script, log] = [join(folder, `${name}.mjs`), join(folder, `${name}.jsonl`)];
  writeFileSync(script, SOURCE);
  writeFileSync(log, '');
  const schema = digestOf(inputSchema);
  if (!schema.ok) throw new Error(schema.error.message);
  const contract = { ...given, schema_hash: schema.value, limits: LIMITS };
  const args = [script, log, tool, JSON.stringify(inputSchema)];
  const config = JSON.parse(readFileSync(home.nodeConfig, 'utf8'));
  const others = config.servers.filter((each: { name: string }) => each.name !== name);
  const server = { name, command: process.execPath, args, contracts: [contract] };
  writeFileSync(home.nodeConfig, JSON.stringify({ ...config, servers: [...others, server] }));
  return log;
}

const LIMITS = { timeout_ms: 10_000, output_bytes: 65_536 };
