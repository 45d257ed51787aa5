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
const [, , log] = process.argv;
const tool = { name: 'send', inputSchema: ${JSON.stringify(SCHEMA)} };
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
  { folder, home }: TestNode,
  authority_scopes: RuntimeToolContract['authority_scopes'] = [],
): string {
  const [script, log] = [join(folder, 'mail.mjs'), join(folder, 'sent.jsonl')];
  writeFileSync(script, SOURCE);
  writeFileSync(log, '');
  const schema = digestOf(SCHEMA);
  if (!schema.ok) throw new Error(schema.error.message);
  const changed = { schema_hash: schema.value, limits: LIMITS, authority_scopes };
  const contract = { ...mailContract, ...changed };
  const server = { name: 'mail', command: process.execPath, args: [script, log] };
  const config = JSON.parse(readFileSync(home.nodeConfig, 'utf8'));
  config.servers.push({ ...server, contracts: [contract] });
  writeFileSync(home.nodeConfig, JSON.stringify(config));
  return log;
}

const LIMITS = { timeout_ms: 10_000, output_bytes: 65_536 };
