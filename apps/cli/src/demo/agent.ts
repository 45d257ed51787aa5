import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { Home } from '../shell/home.ts';
import { entries, readVersion } from '../shell/installation.ts';

export type Agent = {
  readonly call: (tool: string, given: Readonly<Record<string, unknown>>) => Promise<CallAnswer>;
  readonly close: () => Promise<void>;
};

export type CallAnswer = { readonly isError: boolean; readonly code: string | undefined };

/** An agent's side of the door: the official MCP client, over what it starts as a server. */
export async function connectAgent(home: Home): Promise<Agent> {
  const client = new Client({ name: 'ioi-demo', version: readVersion() });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [entries.main, 'mcp'],
      env: { IOI_HOME: home.folder },
      stderr: 'ignore',
    }),
  );
  return {
    call: async (name, given) => {
      const result = await client.callTool({ name, arguments: { ...given } });
      const code = result._meta?.['ioi/code'];
      const isError = result.isError === true;
      return { isError, code: typeof code === 'string' ? code : undefined };
    },
    close: () => client.close(),
  };
}
