/** An MCP server with one tool that writes a line into a book; started with the book's path. */
export const LEDGER = `
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const [, , book] = process.argv;
const properties = { line: { type: 'string' } };
const inputSchema = { type: 'object', properties, required: ['line'] };
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'ledger', version: '1' },
  }),
  'tools/list': () => ({ tools: [{ name: 'record', inputSchema }] }),
  'tools/call': ({ arguments: { line } }) => {
    appendFileSync(book, line + '\\n');
    return { content: [{ type: 'text', text: 'recorded' }] };
  },
};
for await (const said of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(said);
  if (id === undefined) continue;
  const result = answers[method]?.(params) ?? {};
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
}
`;

/** A worker that counts the words of a file into another, or keeps a book without an end. */
export const CLERK = `
import { Agent } from './ioi_sdk/index.ts';
const agent = new Agent('clerk');
const output = { type: 'integer' };
const file = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
agent.task<{ path: string }>('count', { input: file, output }, async ({ path }) => {
  const words = (await agent.fs.read(path)).split(/\\s+/).filter((word) => word !== '').length;
  await agent.fs.write('count.txt', String(words));
  return words;
});
agent.task('book', { input: { type: 'object' }, output }, async () => {
  for (let line = 0; line < 1_000_000; line += 1) {
    await agent.tool.call('ledger', 'record', { line: String(line) });
    await new Promise((go) => setTimeout(go, 50));
  }
  return 0;
});
await agent.run();
`;
