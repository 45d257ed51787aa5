import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** An MCP server whose one tool is described as a file says, each time it is asked. */
const [, , descriptionFile = ''] = process.argv;

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const answer = answerTo(method, params);
  const said =
    answer === undefined ? { error: { code: -32601, message: 'no' } } : { result: answer };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...said })}\n`);
}

function answerTo(method: string, params: { name?: string }): object | undefined {
  if (method === 'initialize') {
    const serverInfo = { name: 'changing', version: '1' };
    return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
  }
  if (method === 'tools/list') {
    const description = readFileSync(descriptionFile, 'utf8');
    const inputSchema = { type: 'object', properties: {} };
    return { tools: [{ name: 'look', description, inputSchema }] };
  }
  if (method !== 'tools/call') return undefined;
  return { content: [{ type: 'text', text: `${params.name} was called` }] };
}
