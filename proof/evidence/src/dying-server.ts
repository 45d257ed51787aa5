/** An MCP server that dies in the middle of a call, as `how` says: before or after its effect. */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const file = process.env['LEDGER'] ?? '';
const inputSchema = { type: 'object', properties: { how: { type: 'string' } } };

function answer(method: string): object | undefined {
  if (method === 'initialize') {
    return {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'dying', version: '1' },
    };
  }
  return method === 'tools/list' ? { tools: [{ name: 'die', inputSchema }] } : undefined;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line) as {
    id?: number;
    method: string;
    params: { arguments?: { how?: string } };
  };
  if (message.id === undefined) return;
  if (message.method === 'tools/call') {
    if (message.params.arguments?.how === 'after') appendFileSync(file, 'effect\n');
    process.exit(1);
  }
  const result = answer(message.method);
  const reply = result ? { result } : { error: { code: -32601, message: 'unknown method' } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...reply })}\n`);
});
