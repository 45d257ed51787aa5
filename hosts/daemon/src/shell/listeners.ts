import { createServer } from 'node:net';
import type { NodeConfig } from './config.ts';
import { listenAt } from './listen-at.ts';
import type { McpDoor } from './mcp/door.ts';
import type { openHttp } from './mcp/http-port.ts';
import { openMetrics } from './metrics/listener.ts';
import type { Metrics } from './metrics/metrics.ts';

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

/** Where it is configured to. */
export async function listenForMetrics(
  config: NodeConfig,
  metrics: Metrics,
  log: (message: string, about: object) => void,
): Promise<void> {
  if (config.metrics === undefined) return;
  const { url } = await openMetrics(config.metrics, (accept) => metrics.text(accept));
  log('metrics', { url });
}
