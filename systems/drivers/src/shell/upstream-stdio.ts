import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, notificationLine, requestLine } from '@ioi/jsonrpc';
import type { ListedTool, ToolAnswer } from '../core/answer.ts';
import { type Launch, launchPlainly } from './launch.ts';
import { type Orphan, OrphanRecord } from './orphans.ts';
import { ServerProcess } from './server-process.ts';
import { CLIENT_HELLO, listTools, readHandshake } from './tool-list.ts';
import { type Upstream, type UpstreamCall, UpstreamFault } from './upstream.ts';

export type StdioUpstreamOptions = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the server; see `minimalEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  readonly launch?: Launch;
  /**
   * A folder to remember the server's process in, so that one that outlived a crash of ours is
   * ended before anything relies on its being gone. Without it that is never known.
   */
  readonly recordFolder?: string;
  readonly handshakeMs?: number;
};

const HANDSHAKE_MS = 30_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
const LIST_BYTES = 16 * 1024 * 1024;
/** How often a list that changes while it is read is read again. */
const MOST_READINGS = 5;

/** An MCP server over its standard streams (MCP 2025-11-25, stdio). */
export function stdioUpstream(options: StdioUpstreamOptions): Upstream {
  return new StdioUpstream(options);
}

class StdioUpstream implements Upstream {
  readonly name: string;
  readonly #options: StdioUpstreamOptions;
  readonly #record: OrphanRecord;
  readonly #listeners = new Set<() => void>();
  #server: ServerProcess | undefined;
  #latest: ServerProcess | undefined;
  #starting: Promise<ServerProcess> | undefined;
  #tools: readonly ListedTool[] | undefined;
  #listing: Promise<readonly ListedTool[]> | undefined;
  #failures = 0;
  /** Of the servers before the present one. */
  #elder: Orphan = 'unknown';
  #isClosed = false;

  constructor(options: StdioUpstreamOptions) {
    this.name = options.name;
    this.#options = options;
    this.#record = new OrphanRecord(options.recordFolder, options.name);
  }

  async tools(): Promise<readonly ListedTool[]> {
    const server = await this.#connect();
    if (this.#tools !== undefined) return this.#tools;
    this.#listing ??= this.#list(server).finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  async call(call: UpstreamCall): Promise<ToolAnswer> {
    const server = this.#server;
    if (this.#isClosed) return { kind: 'not_sent', reason: 'the upstream is closed' };
    if (call.signal?.aborted) return { kind: 'not_sent', reason: 'cancelled' };
    if (server === undefined || !server.isAlive || !this.#tools?.includes(call.tool)) {
      return { kind: 'not_sent', reason: 'the server or its tool list has changed' };
    }
    const { timeoutMs, outputBytes, signal, onProgress } = call;
    const { id, reply } = server.conversation.begin({
      timeoutMs,
      outputBytes,
      signal,
      onProgress,
      onGiveUp: (requestId, reason) => {
        server.send(notificationLine('notifications/cancelled', { requestId, reason }));
      },
    });
    const _meta = onProgress === undefined ? {} : { _meta: { progressToken: id } };
    const params = { name: call.tool.name, arguments: call.arguments, ..._meta };
    server.send(requestLine(id, 'tools/call', params));
    const settled = await reply;
    if (settled.kind !== 'result') return settled;
    if (isObject(settled.result)) return { kind: 'result', result: settled.result };
    return { kind: 'silent', silence: 'answer_refused', detail: 'the result is no object' };
  }

  async quiet(): Promise<boolean> {
    if (this.#starting !== undefined) return false;
    const server = this.#server;
    if (server?.isAlive) return this.#elder === 'gone' && !server.conversation.hasAbandoned;
    const orphan = await this.#record.reap(server?.pid);
    // One may have been started meanwhile, and of that nothing was asked.
    return orphan === 'gone' && this.#server === server && this.#starting === undefined;
  }

  onToolsChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  diagnostics(): string {
    return this.#latest?.diagnostics() ?? '';
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const starting = await this.#starting?.catch(() => undefined);
    const server = this.#server ?? starting;
    this.#tools = undefined;
    await server?.stop();
    if (server !== undefined) await this.#record.reap(server.pid);
  }

  async #connect(): Promise<ServerProcess> {
    if (this.#isClosed) throw new UpstreamFault('upstream.closed', 'the upstream is closed');
    if (this.#server?.isAlive) return this.#server;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #start(): Promise<ServerProcess> {
    this.#tools = undefined;
    if (this.#failures > 0) {
      const backoff = FIRST_BACKOFF_MS * 2 ** (this.#failures - 1);
      await sleep(Math.min(backoff, LONGEST_BACKOFF_MS));
    }
    const elder = await this.#record.reap(this.#latest?.pid);
    this.#elder = elder;
    if (elder === 'alive') {
      // Two at once would act on the same things, and the record holds but one.
      const message = 'an earlier server could not be ended and may still be acting';
      throw new UpstreamFault('upstream.unreachable', message);
    }
    const { command, args, cwd, env, launch = launchPlainly } = this.#options;
    const launched = launch(command, args, { cwd, env });
    this.#record.write(launched.pid, elder);
    const server = new ServerProcess(launched, () => this.#changed());
    this.#latest = server;
    try {
      await this.#shakeHands(server);
    } catch (error) {
      this.#failures += 1;
      await server.stop();
      throw error;
    }
    this.#failures = 0;
    this.#server = server;
    return server;
  }

  async #shakeHands(server: ServerProcess): Promise<void> {
    const timeoutMs = this.#options.handshakeMs ?? HANDSHAKE_MS;
    const reply = await server.ask('initialize', CLIENT_HELLO, {
      timeoutMs,
      outputBytes: LIST_BYTES,
    });
    readHandshake(reply);
    server.send(notificationLine('notifications/initialized'));
  }

  async #list(server: ServerProcess): Promise<readonly ListedTool[]> {
    let changes = 0;
    const stop = this.onToolsChanged(() => {
      changes += 1;
    });
    const limits = { timeoutMs: HANDSHAKE_MS, outputBytes: LIST_BYTES };
    try {
      for (let reading = 1; ; reading += 1) {
        const seen = changes;
        const tools = await listTools((method, params) => server.ask(method, params, limits));
        const isCurrent = changes === seen && this.#latest === server;
        if (isCurrent) this.#tools = tools;
        // Some servers announce changes while they start; one that never stops is not kept.
        if (isCurrent || reading === MOST_READINGS) return tools;
      }
    } finally {
      stop();
    }
  }

  #changed(): void {
    this.#tools = undefined;
    for (const listener of [...this.#listeners]) listener();
  }
}
