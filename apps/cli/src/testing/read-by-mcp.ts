import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IOI } from './run-ioi.ts';

const ABOUT = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'agent', version: '1' },
};

/**
 * What a shell runs in this folder to read a file of it by a tool of the node, and to print the
 * answers. It leaves the messages there, and waits for the second answer before it hangs up.
 */
export function readByMcp(workspace: string, file: string): string {
  const path = join(workspace, file);
  const messages = [
    { id: 1, method: 'initialize', params: ABOUT },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/call', params: { name: 'read_text_file', arguments: { path } } },
  ];
  const lines = messages.map((each) => JSON.stringify({ jsonrpc: '2.0', ...each })).join('\n');
  writeFileSync(join(workspace, 'messages'), `${lines}\n`);
  writeFileSync(join(workspace, 'answers'), '');
  const mcp = `${process.execPath} --disable-warning=ExperimentalWarning ${IOI} mcp`;
  const answered = `timeout 60 sh -c 'until grep -q "\\"id\\":2" answers; do sleep 0.1; done'`;
  return `(cat messages; ${answered}) | ${mcp} > answers; cat answers`;
}
