import { visible } from '../../core/visible.ts';
import type { Command } from '../../shell/context.ts';
import { CommandFault } from '../../shell/fault.ts';

/** `ioi mcp token NAME`: for a client that speaks over HTTP; shown this once. */
export const mcpToken: Command = async ({ daemon, output }, [name = '']) => {
  const { token, url } = await daemon.issueToken(name);
  if (url === undefined) {
    output.note(
      'the node is not open to HTTP clients: add "mcp_http": {"port": 7681} to node.json',
    );
  }
  output.say([`url            ${visible(url ?? 'none yet')}`, `authorization  Bearer ${token}`], {
    name,
    token,
    url,
  });
  return undefined;
};

/** `ioi mcp tokens` */
export const mcpTokens: Command = async ({ daemon, output }) => {
  const { tokens } = await daemon.tokens();
  const lines = tokens.map(({ name, created }) => `${visible(name)}  since ${visible(created)}`);
  output.say(lines.length > 0 ? lines : ['no tokens'], { tokens });
  return undefined;
};

/** `ioi mcp revoke NAME` */
export const mcpRevoke: Command = async ({ daemon, output }, [name = '']) => {
  await daemon.revokeToken(name);
  output.say([`${visible(name)} is void`], { revoked: name });
  return undefined;
};

/** `ioi mcp url`: where clients reach the node over HTTP. */
export const mcpUrl: Command = async ({ daemon, output }) => {
  const { url } = await daemon.mcp();
  if (url === undefined) {
    throw new CommandFault({
      exit: 'usage',
      code: 'mcp.no_http',
      message: 'the node is not open to HTTP clients',
      next: 'add "mcp_http": {"port": 7681} to node.json, then ioi down && ioi up --detach',
    });
  }
  output.say([visible(url)], { url });
  return undefined;
};
