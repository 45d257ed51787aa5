import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { acceptHook } from '@ioi/gateway/shell';
import type { Hooks } from './commands/hooks.ts';
import { ConfigFault, type NodeConfig } from './config.ts';
import { listenAt } from './listen-at.ts';
import type { McpDoor } from './mcp/door.ts';
import type { openHttp } from './mcp/http-port.ts';
import { openMetrics } from './metrics/listener.ts';
import type { Metrics } from './metrics/metrics.ts';
import { answeringUnreadable } from './unreadable-heads.ts';
import type { WorkbenchDoor } from './workbench/door.ts';

/** Beside the socket of MCP. */
const HOOKS_SOCKET = 'hooks.sock';

/** Clients of MCP, over the socket of this account and over HTTP; and hooks of agents. */
export async function listenForClients(
  socket: string,
  { door, hooks }: { readonly door: McpDoor; readonly hooks: Hooks },
  http: Awaited<ReturnType<typeof openHttp>>,
): Promise<void> {
  await listenAt(
    createServer((connection) => door.accept(connection)),
    socket,
  );
  await listenAt(
    createServer((connection) => acceptHook(connection, hooks)),
    join(dirname(socket), HOOKS_SOCKET),
  );
  http.serve(door.handle);
}

type Operators = {
  readonly config: NodeConfig;
  readonly metrics: Metrics;
  readonly workbench: WorkbenchDoor;
  readonly api: RequestListener;
  readonly at: string;
  readonly log: (message: string, about: object) => void;
};

/** Metrics where that is configured, then the API: answering says that the node is ready. */
export async function listenForOperators(options: Operators): Promise<void> {
  const { config, metrics, workbench, api, at, log } = options;
  if (config.metrics !== undefined) {
    const { url } = await openMetrics(config.metrics, (accept) => metrics.text(accept));
    log('metrics', { url });
  }
  if (config.people !== undefined) {
    const url = await workbench.listen().catch((fault: NodeJS.ErrnoException) => {
      const why = fault.code ?? String(fault);
      throw new ConfigFault(`/people: port ${config.people?.port} cannot be listened on (${why})`);
    });
    log('people sign in', { url });
  }
  await listenAt(answeringUnreadable(createHttpServer(api)), at);
}
