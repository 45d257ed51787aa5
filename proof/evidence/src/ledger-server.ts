import { appendFileSync, fsyncSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * A small MCP server whose effects can be counted from outside: `append` adds one line to a
 * file and makes it durable before it answers.
 */
const file = process.env['LEDGER'] ?? '';
const handle = openSync(file, 'a');

const inputSchema = {
  type: 'object',
  properties: { id: { type: 'string' } },
  required: ['id'],
  additionalProperties: false,
};

function answer(method: string, params: { arguments?: { id?: string } }): object | undefined {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'ledger', version: '1' },
      };
    case 'tools/list':
      return { tools: [{ name: 'append', inputSchema }] };
    case 'tools/call':
      appendFileSync(handle, `${params.arguments?.id}\n`);
      fsyncSync(handle);
      return { content: [{ type: 'text', text: 'appended' }] };
    default:
      return undefined;
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line) as { id?: number; method: string; params: object };
  if (message.id === undefined) return;
  const result = answer(message.method, message.params);
  const error = { code: -32601, message: 'unknown method' };
  const reply = result === undefined ? { error } : { result };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...reply })}\n`);
});
