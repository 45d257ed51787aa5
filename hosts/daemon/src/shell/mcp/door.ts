import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Notice as UpstreamNotice } from '@ioi/drivers/shell';
import {
  type McpEndpoint,
  mcpEndpoint,
  type ServedSession,
  serveSession,
} from '@ioi/gateway/shell';
import type { Tickets } from '../tickets.ts';
import { type BackendOptions, ClientBackend } from './client-backend.ts';
import type { HttpAccess } from './http-access.ts';
import type { Session } from './session.ts';

export type DoorOptions = BackendOptions & {
  readonly nodeId: string;
  readonly tickets: Tickets;
  /** Who may come over HTTP; absent where nobody may. */
  readonly http?: HttpAccess | undefined;
};

/** What a client has from elsewhere: what its person wants, or the session of its run. */
type Serving = { readonly objective: string | undefined; readonly session: Session | undefined };

type Connected = {
  readonly way: 'socket' | 'http';
  readonly session: Session;
  /** What it says that it is. */
  readonly client?: { readonly name: string; readonly version: string };
};

/** Last part of the agent id of whoever comes over the socket, or over HTTP unnamed. */
const UNNAMED = 'mcp';

/** The MCP door (whitepaper 2.2.4): what comes in here is a proposal, nothing more. */
export class McpDoor {
  readonly #options: DoorOptions;
  readonly #nodeName: string;
  readonly #served = new Map<ClientBackend, ServedSession>();
  readonly #overHttp = new Set<ClientBackend>();
  /** Under which clients came since the start, as far as it matters: one, or several. */
  readonly #names = new Set<string>();
  readonly #endpoint: McpEndpoint | undefined;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#nodeName = options.nodeId.slice('node://'.length);
    this.#endpoint =
      options.http &&
      mcpEndpoint({
        ...options.http,
        backendFor: (principal) => this.#backendOverHttp(principal),
        fault: (fault) => options.log('HTTP fault', { fault: String(fault) }),
      });
  }

  get sessions(): number {
    return this.#served.size + (this.#endpoint?.sessions ?? 0);
  }

  /** Whoever speaks here now, and by which way. */
  connected(): readonly Connected[] {
    const here = [...this.#served].map(([{ session }, served]): Connected => {
      const { client } = served.state();
      return { way: 'socket', session, ...(client === undefined ? {} : { client }) };
    });
    const far = [...this.#overHttp].map(({ session }) => ({ way: 'http', session }) as const);
    return [...here, ...far];
  }

  /** Streamable HTTP; undefined where it is not opened. */
  get handle(): ((request: IncomingMessage, response: ServerResponse) => void) | undefined {
    return this.#endpoint?.handle;
  }

  /** Origin and session are the node's to assign: nothing the client says enters them. */
  accept(socket: Socket, session?: Session): void {
    socket.on('error', () => {});
    void this.#options.tickets.objectiveOf(socket).then((objective) => {
      if (!socket.destroyed) this.#serve(socket, { objective, session });
    });
  }

  /** What a server says beside any act, to those whom it concerns. */
  told(server: string, notice: UpstreamNotice): void {
    if (notice.kind === 'unauthorised' || notice.kind === 'reconnected') return;
    const concerned = this.#concerned(server, notice);
    for (const [backend, served] of this.#served) {
      if (concerned(backend)) served.notify(notice);
    }
    this.#endpoint?.notify(notice, (backend) => concerned(backend as ClientBackend));
  }

  /** Who came in by this token of the node is not let in any more. */
  revoke(principal: string): void {
    this.#endpoint?.revoke(principal);
  }

  close(): void {
    for (const served of this.#served.values()) served.close();
    this.#endpoint?.close();
  }

  #concerned(server: string, notice: UpstreamNotice): (backend: ClientBackend) => boolean {
    if (notice.kind === 'list_changed') return () => true;
    if (notice.kind === 'resource_updated') {
      const key = `${server} ${String(notice.params['uri'])}`;
      return ({ session }) => session.subscribed.has(key);
    }
    // Whose act a message is about is not known: it is nobody's unless there is one client, and
    // all that came before it had its name.
    const isOne = this.#served.size + this.#overHttp.size === 1 && this.#names.size === 1;
    return () => isOne;
  }

  #serve(socket: Socket, { objective, session }: Serving): void {
    const { nodeId: _, tickets: __, http: ___, ...options } = this.#options;
    const nodeName = this.#nodeName;
    this.#came(session === undefined ? UNNAMED : session.origin.agent_id);
    const backend = new ClientBackend(options, {
      nodeName,
      name: UNNAMED,
      objective,
      session,
      onEnd: () => {},
      isWatched: (resource) => this.#isWatched(resource),
    });
    const served = serveSession({ input: socket, output: socket }, backend);
    this.#served.set(backend, served);
    void served.closed.then(() => {
      this.#served.delete(backend);
      socket.destroy();
    });
  }

  #isWatched(resource: string): boolean {
    const backends = [...this.#served.keys(), ...this.#overHttp];
    return backends.some(({ session }) => session.subscribed.has(resource));
  }

  #came(name: string): void {
    if (this.#names.size < 2) this.#names.add(name);
  }

  #backendOverHttp(principal: string): ClientBackend {
    const name = principal === '' ? UNNAMED : `${UNNAMED}/${principal}`;
    this.#came(name);
    const backend = new ClientBackend(this.#options, {
      nodeName: this.#nodeName,
      name,
      onEnd: () => this.#overHttp.delete(backend),
      isWatched: (resource) => this.#isWatched(resource),
    });
    this.#overHttp.add(backend);
    return backend;
  }
}
