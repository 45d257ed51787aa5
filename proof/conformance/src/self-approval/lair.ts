import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page of the agent's own, on another port of this machine. */
export type Lair = {
  readonly url: string;
  readonly asked: IncomingMessage[];
  readonly server: Server;
};

/** @param name By which the browser reaches it; a Workbench is at a number. */
export async function openLair(name: 'localhost' | '127.0.0.1' = 'localhost'): Promise<Lair> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>lair</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://${name}:${port}/`, asked, server };
}
