import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, createServer as createProbe } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const EVERYTHING = fileURLToPath(
  new URL(
    '../../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
    import.meta.url,
  ),
);

/** In what a client sends the gate puts the token in its place: the server answers with it. */
export const ECHOED = 'tell-me-the-token';

/** A request with this in it is taken, and never answered. */
export const HELD = 'hold-this-one';

/** The official example server over HTTP, behind a gate that lets nobody in without the token. */
export class GatedServer {
  readonly #server: ChildProcess;
  readonly #gate: Server;
  /** What was let in. */
  admitted = 0;
  refused = 0;
  held = 0;

  private constructor(server: ChildProcess, gate: Server) {
    this.#server = server;
    this.#gate = gate;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#gate)}/mcp`;
  }

  static async start(token: string): Promise<GatedServer> {
    const port = await freePort();
    const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
      env: { PORT: String(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8');
    for (let said = ''; !said.includes('listening'); ) {
      said += ((await once(child.stderr, 'data')) as [string])[0];
    }
    const gate = createServer();
    const gated = new GatedServer(child, gate);
    gate.on('request', async (incoming, outgoing) => {
      const body = await text(incoming);
      if (incoming.headers.authorization !== `Bearer ${token}`) {
        gated.refused += 1;
        outgoing.writeHead(401).end();
        return;
      }
      gated.admitted += 1;
      if (body.includes(HELD)) {
        gated.held += 1;
        return;
      }
      const { authorization, 'content-length': _, ...headers } = incoming.headers;
      const { method, url: path } = incoming;
      const onward = request({ port, method, path, headers, host: '127.0.0.1' }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, {
          ...answer.headers,
          'x-seen': authorization,
        });
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      onward.end(body.replaceAll(ECHOED, token));
    });
    gate.listen(0, '127.0.0.1');
    await once(gate, 'listening');
    return gated;
  }

  async close(): Promise<void> {
    this.#gate.closeAllConnections();
    this.#gate.close();
    this.#server.kill('SIGKILL');
    await once(this.#server, 'exit');
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const probe = createProbe().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
