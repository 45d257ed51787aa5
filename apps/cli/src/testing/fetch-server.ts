import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '@ioi/canon';
import { webContracts } from '@ioi/law';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { IOI } from './run-ioi.ts';
import type { TestNode } from './test-node.ts';

const TEXT = { type: 'string' };
const SCHEMA = { type: 'object', properties: { address: TEXT, verb: TEXT } };

/** A server of one tool that reads pages, under names of its own for what it takes. */
const SOURCE = `
import { createInterface } from 'node:readline';
const tool = { name: 'read_page', inputSchema: ${JSON.stringify(SCHEMA)} };
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'pages', version: '1' },
  }),
  'tools/list': () => ({ tools: [tool] }),
  'tools/call': async ({ arguments: { address, verb } }) => {
    const answer = await fetch(address, { method: verb });
    return { content: [{ type: 'text', text: await answer.text() }] };
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result = (await answers[method]?.(params)) ?? {};
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
}
`;

/** Adds the server to a node that was initialised, its tool as `net::fetch`. */
export function addFetchServer({ folder, home }: TestNode, certificate: string): void {
  const script = join(folder, 'pages.mjs');
  writeFileSync(script, SOURCE);
  const schema = digestOf(SCHEMA);
  const own = webContracts.get('GET');
  if (!schema.ok || own === undefined) throw new Error('no contract to begin with');
  const contract = {
    ...own,
    server: 'pages',
    tool: 'read_page',
    schema_hash: schema.value,
    parameters: [
      { argument: 'address', parameter: 'url', kind: 'url' },
      { argument: 'verb', parameter: 'method', kind: 'value' },
    ],
    facts: [],
    rrsa_domain: 'unmapped',
  };
  const config = JSON.parse(readFileSync(home.nodeConfig, 'utf8'));
  const env = { NODE_EXTRA_CA_CERTS: certificate };
  const server = { name: 'pages', command: process.execPath, args: [script], env };
  config.servers.push({ ...server, contracts: [contract] });
  writeFileSync(home.nodeConfig, JSON.stringify(config));
}

/** What an agent is answered that reads a page by it. */
export async function readPage({ home }: TestNode, address: string, verb: string) {
  const client = new Client({ name: 'test', version: '1' });
  const env = { IOI_HOME: home.folder };
  const args = [IOI, 'mcp'];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
  try {
    return await client.callTool({ name: 'read_page', arguments: { address, verb } });
  } finally {
    await client.close();
  }
}
