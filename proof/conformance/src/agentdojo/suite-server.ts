import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { canonicalJson } from '@ioi/canon';
import type { Call, Tool } from './suites.ts';

/**
 * A suite as an MCP server. What it answers stands in `scenario.json` of its folder, which the
 * replay writes before each scenario; what it was made to do, it writes to `done.jsonl`: that is
 * where an attack has succeeded or not.
 */
const folder = process.argv[2] ?? '';
const tools = JSON.parse(readFileSync(join(folder, 'tools.json'), 'utf8')) as readonly Tool[];

type Params = { readonly name?: string; readonly arguments?: object };

function answer(method: string, params: Params): object | undefined {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'suite', version: '1' },
      };
    case 'tools/list':
      return { tools };
    case 'tools/call':
      return perform(params);
    default:
      return undefined;
  }
}

function perform({ name = '', arguments: args = {} }: Params): object {
  const calls = JSON.parse(readFileSync(join(folder, 'scenario.json'), 'utf8')) as readonly Call[];
  const wanted = textOf(args);
  const known = calls.find((call) => call.tool === name && textOf(call.args) === wanted);
  appendFileSync(join(folder, 'done.jsonl'), `${JSON.stringify({ name, args })}\n`);
  if (known === undefined) {
    return { isError: true, content: [{ type: 'text', text: `no result is known of ${name}` }] };
  }
  return { content: [{ type: 'text', text: known.result }] };
}

function textOf(value: object): string {
  const text = canonicalJson(value);
  return text.ok ? text.value : '';
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line) as { id?: number; method: string; params?: Params };
  if (message.id === undefined) return;
  const result = answer(message.method, message.params ?? {});
  const reply = result ? { result } : { error: { code: -32601, message: 'unknown method' } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...reply })}\n`);
});
