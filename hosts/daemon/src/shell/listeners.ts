import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { ConfigFault, type NodeConfig } from './config.ts';
import { listenAt } from './listen-at.ts';
import type { McpDoor } from './mcp/door.ts';
import type { openHttp } from './mcp/http-port.ts';
import { openMetrics } from './metrics/listener.ts';
import type { Metrics } from './metrics/metrics.ts';
import { answeringUnreadable } from './unreadable-heads.ts';
import type { WorkbenchDoor } from './workbench/door.ts';

/** Clients of MCP, over the socket of this account and over HTTP. */
export async function listenForClients(
  socket: string,
  door: McpDoor,
  http: Awaited<ReturnType<typeof openHttp>>,
): Promise<void> {
  await listenAt(
    createServer((connection) => door.accept(connection)),
    socket,
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
