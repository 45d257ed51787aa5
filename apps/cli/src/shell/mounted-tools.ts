import type { ToolDetail } from '@ioi/protocol';
import { CommandFault } from './fault.ts';
import type { DaemonApi } from './node-api.ts';

/**
 * Every tool that a server lists, by the name that says whose it is. Fails with `server.unknown`
 * where none of that name is.
 */
export async function mountedTools(daemon: DaemonApi, server: string): Promise<ToolDetail[]> {
  const { servers } = await daemon.status();
  const mounted = servers.find(({ name }) => name === server);
  if (mounted === undefined) {
    const known = servers.map(({ name }) => name).join(', ') || 'none';
    throw new CommandFault({
      exit: 'usage',
      code: 'server.unknown',
      message: `no server ${server} is mounted; there are: ${known}`,
      next: 'ioi status',
    });
  }
  return Promise.all(mounted.tools.map(({ name }) => daemon.tool(`${server}__${name}`)));
}
