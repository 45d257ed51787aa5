import {
  INVALID_PARAMS,
  type JsonObject,
  methodNotFound,
  notificationLine,
  type RpcError,
} from '@ioi/jsonrpc';
import type { ListedTool, ToolAnswer } from '../core/answer.ts';
import { capabilityOf, HEADER_MISMATCH } from '../core/eras.ts';
import { mirroredParameters, parameterHeaders } from '../core/http-headers.ts';
import { wantsTask } from '../core/tasks.ts';
import { type Act, type Connection, performAct } from './act.ts';
import { ListKeeper } from './list-keeper.ts';
import { Listening } from './listening.ts';
import { named } from './questions.ts';
import { LimitsHeld, type ServerLimits } from './server-limits.ts';
import {
  type Described,
  type Listed,
  type ListKind,
  type Notice,
  type Passage,
  type Upstream,
  type UpstreamCall,
  UpstreamFault,
  type UpstreamRequest,
} from './upstream.ts';
import type { Wire } from './wire.ts';

/** How one server is reached: all that differs between transports. */
export type Dialer = {
  readonly name: string;
  /** A new connection, agreed with, unless it is `closing`. Throws UpstreamFault. */
  connect(notice: (notice: Notice) => void, closing: AbortSignal): Promise<Connection>;
  /** Whether all that earlier connections carried is known to have ended. */
  quiet(wire: Wire | undefined): Promise<boolean>;
  diagnostics(): string;
  /** Ends the given connection, and whatever it was made of. */
  close(wire: Wire | undefined): Promise<void>;
};

export type UpstreamBounds = {
  readonly limits?: ServerLimits;
  /** Acts at once; one more is refused by name (`upstream.busy`), and not sent. */
  readonly mostActs?: number;
  /** A list is kept at least so long, whatever the server says: it is read before every act. */
  readonly shortestTtlMs?: number;
};

const MOST_ACTS = 128;
const SHORTEST_TTL_MS = 10_000;
const NOTHING: ToolAnswer = { kind: 'result', result: {} };

/** An MCP server of either era behind one type, over whatever the dialer reaches it by. */
export class McpUpstream implements Upstream {
  readonly name: string;
  readonly #dialer: Dialer;
  readonly #mostActs: number;
  readonly #limits: LimitsHeld;
  readonly #lists: ListKeeper;
  readonly #listeners = new Set<(notice: Notice) => void>();
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #listening: Listening | undefined;
  #level: string | undefined;
  #acts = 0;
  readonly #closing = new AbortController();

  constructor(dialer: Dialer, bounds: UpstreamBounds) {
    const { mostActs = MOST_ACTS, shortestTtlMs = SHORTEST_TTL_MS } = bounds;
    this.name = dialer.name;
    this.#dialer = dialer;
    this.#mostActs = mostActs;
    this.#limits = new LimitsHeld(bounds.limits ?? {}, dialer.name);
    this.#lists = new ListKeeper(() => this.#connect(), shortestTtlMs);
  }

  async describe(): Promise<Described> {
    return (await this.#connect()).described;
  }

  async tools(): Promise<readonly ListedTool[]> {
    return (await this.list('tools')).entries as readonly ListedTool[];
  }

  list(kind: ListKind): Promise<Listed> {
    return this.#lists.read(kind);
  }

  async call(call: UpstreamCall): Promise<ToolAnswer> {
    const connection = this.#connection;
    const isListed = this.#lists.kept('tools')?.entries.includes(call.tool) === true;
    if (this.#closing.signal.aborted) return notSent('the upstream is closed');
    if (!connection?.wire.isAlive || !isListed) {
      return notSent('the server or its tool list has changed');
    }
    const { name, inputSchema } = call.tool;
    const task = wantsTask(connection.described, call) ? { task: {} } : {};
    const params = { name, arguments: call.arguments, ...task };
    const headers = headersFor(connection, inputSchema, call.arguments);
    const shown = Object.keys(headers).length === 0 ? {} : { inputSchema };
    const act = { method: 'tools/call', params, headers, ...shown };
    const answer = await this.#act(connection, act, call);
    // Its schema has changed meanwhile; what is listed next says how.
    const isOutdated = answer.kind === 'error' && answer.error.code === HEADER_MISMATCH;
    if (isOutdated && connection.described.era === 'stateless') this.#changed('tools');
    return answer;
  }

  async request(request: UpstreamRequest): Promise<ToolAnswer> {
    const { method, params } = request;
    try {
      const connection = await this.#connect();
      if (connection.described.era === 'stateless') {
        const kept = this.#keep(connection.described, method, params);
        if (kept !== undefined) return kept;
      }
      return await this.#act(connection, { method, params }, request);
    } catch (error) {
      if (error instanceof UpstreamFault) return notSent(`${error.code}: ${error.message}`);
      throw error;
    }
  }

  async quiet(): Promise<boolean> {
    if (this.#connecting !== undefined) return false;
    const wire = this.#connection?.wire;
    const isQuiet = await this.#dialer.quiet(wire);
    // One may have been started meanwhile, and of that nothing was asked.
    return isQuiet && this.#connection?.wire === wire && this.#connecting === undefined;
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  forget(): void {
    this.#lists.forget();
  }

  rootsChanged(): void {
    if (this.#connection?.described.era !== 'stateful') return;
    this.#connection.wire.tell(notificationLine('notifications/roots/list_changed'));
  }

  diagnostics(): string {
    return this.#dialer.diagnostics();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const connecting = await this.#connecting?.catch(() => undefined);
    this.#listening?.close();
    this.#lists.forget();
    await this.#dialer.close((this.#connection ?? connecting)?.wire);
  }

  async #connect(): Promise<Connection> {
    if (this.#closing.signal.aborted)
      throw new UpstreamFault('upstream.closed', 'the upstream is closed');
    if (this.#connection?.wire.isAlive) return this.#connection;
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #open(): Promise<Connection> {
    const earlier = this.#connection;
    this.#lists.forget();
    this.#listening?.close();
    const connection = await this.#dialer.connect(
      (notice) => this.#take(notice),
      this.#closing.signal,
    );
    this.#connection = connection;
    if (connection.described.era === 'stateless') {
      this.#listening = new Listening(connection, this.#listening?.resources ?? new Set());
    } else this.#listening = undefined;
    if (earlier !== undefined) this.#tell({ kind: 'reconnected' });
    return connection;
  }

  async #act(
    connection: Connection,
    act: Omit<Act, 'passage' | 'logLevel'>,
    passage: Passage,
  ): Promise<ToolAnswer> {
    if (this.#closing.signal.aborted) return notSent('the upstream is closed');
    if (passage.signal?.aborted) return notSent('cancelled');
    if (this.#acts >= this.#mostActs) {
      const message = `${this.#mostActs} acts are under way; ask again when one has ended`;
      return heldBack(named('upstream.busy', message));
    }
    const tooMany = this.#limits.begin();
    if (tooMany !== undefined) return heldBack(tooMany);
    this.#acts += 1;
    try {
      const logLevel = passage.onMessage === undefined ? undefined : this.#level;
      const narrow = this.#limits.narrow(passage);
      const answer = await performAct(connection, { ...act, logLevel, passage: narrow });
      return this.#limits.told(answer, passage);
    } finally {
      this.#acts -= 1;
    }
  }

  /** What a server without sessions is not asked for but told along with something else. */
  #keep(
    { capabilities }: Described,
    method: string,
    { uri, level }: JsonObject,
  ): ToolAnswer | undefined {
    if (method === 'logging/setLevel') {
      if (capabilityOf(capabilities, 'logging') === undefined) return unknown(method);
      if (typeof level !== 'string') return refused('a level is a text');
      this.#level = level;
      return NOTHING;
    }
    if (method !== 'resources/subscribe' && method !== 'resources/unsubscribe') return undefined;
    if (capabilityOf(capabilities, 'resources')?.['subscribe'] !== true) return unknown(method);
    if (typeof uri !== 'string') return refused('a resource is named by a text');
    const listening = this.#listening;
    const isOver = method === 'resources/unsubscribe';
    const refusal = isOver ? listening?.unsubscribe(uri) : listening?.subscribe(uri);
    if (typeof refusal !== 'string') return NOTHING;
    return { kind: 'error', error: named('upstream.subscriptions_exceeded', refusal) };
  }

  #take(notice: Notice): void {
    if (notice.kind === 'list_changed') this.#lists.drop(notice.list);
    this.#tell(notice);
  }

  #changed(list: 'tools'): void {
    this.#take({ kind: 'list_changed', list });
  }

  #tell(notice: Notice): void {
    for (const listener of [...this.#listeners]) listener(notice);
  }
}

function headersFor(
  { wire, described }: Connection,
  schema: JsonObject,
  given: JsonObject,
): Record<string, string> {
  if (!wire.hasHeaders || described.era === 'stateful') return {};
  const mirrored = mirroredParameters(schema);
  return mirrored.ok ? parameterHeaders(mirrored.value, given) : {};
}

/** By a limit, which whoever asks can wait for. */
function heldBack(error: RpcError): ToolAnswer {
  return { kind: 'not_sent', reason: error.message, error };
}

function notSent(reason: string): ToolAnswer {
  return { kind: 'not_sent', reason: reason.toWellFormed() };
}

function unknown(method: string): ToolAnswer {
  return { kind: 'error', error: methodNotFound(method) };
}

function refused(message: string): ToolAnswer {
  return { kind: 'error', error: { code: INVALID_PARAMS, message } };
}
