import type { JsonObject } from '@ioi/jsonrpc';
import { capabilityOf, statelessMeta } from '../core/eras.ts';
import { standardHeaders } from '../core/http-headers.ts';
import type { Connection } from './act.ts';
import { pause } from './http-channel.ts';
import { Patience } from './patience.ts';
import { exchange } from './wire.ts';

const METHOD = 'subscriptions/listen';
/** Of the answer that ends it; notices are bounded where they are read. */
const END_BYTES = 64 * 1024;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;
/** A stream that lived this long was well, so the next wait is short again. */
const HEALTHY_MS = 10_000;
/** Different resources somebody wants to hear of. */
const MOST_RESOURCES = 4096;

/**
 * What a server without sessions is asked to tell of (MCP 2026-07-28, subscriptions): changed
 * lists as far as it can say so, and resources by name. It is asked again whenever the stream
 * ends, and anew when the names change.
 */
export class Listening {
  readonly #connection: Connection;
  readonly #resources: Set<string>;
  #stream: AbortController | undefined;
  #isClosed = false;

  constructor(connection: Connection, resources: ReadonlySet<string>) {
    this.#connection = connection;
    this.#resources = new Set(resources);
    this.#reopen();
  }

  /** What a listener after this one has to ask for. */
  get resources(): ReadonlySet<string> {
    return this.#resources;
  }

  /** Why not, or undefined. */
  subscribe(uri: string): string | undefined {
    if (this.#resources.has(uri)) return undefined;
    if (this.#resources.size >= MOST_RESOURCES) return 'too many subscriptions';
    this.#resources.add(uri);
    this.#reopen();
    return undefined;
  }

  unsubscribe(uri: string): void {
    if (this.#resources.delete(uri)) this.#reopen();
  }

  close(): void {
    this.#isClosed = true;
    this.#stream?.abort();
  }

  #reopen(): void {
    const earlier = this.#stream;
    this.#stream = new AbortController();
    if (!this.#isClosed) void this.#run(this.#stream.signal);
    // After the new one is asked for, so that nothing is missed between them.
    earlier?.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const notifications = this.#filter();
    if (Object.keys(notifications).length === 0) return;
    const { wire, described } = this.#connection;
    const { protocolVersion } = described;
    const _meta = statelessMeta(protocolVersion, undefined, {});
    const params = { notifications, _meta };
    const headers = standardHeaders(protocolVersion, METHOD, params);
    for (let failures = 0; !signal.aborted && wire.isAlive; failures += 1) {
      const startedAt = performance.now();
      const patience = new Patience({ timeoutMs: Number.POSITIVE_INFINITY, signal });
      const bounds = { patience, outputBytes: END_BYTES, isAct: false };
      const reply = await exchange(wire, { method: METHOD, params, headers, ...bounds });
      patience.stop();
      // It cannot, and will not be able to.
      if (reply.kind === 'error' || reply.kind === 'unauthorised') return;
      if (performance.now() - startedAt > HEALTHY_MS) failures = 0;
      await pause(Math.min(FIRST_BACKOFF_MS * 2 ** failures, LONGEST_BACKOFF_MS), signal);
    }
  }

  #filter(): JsonObject {
    const { capabilities } = this.#connection.described;
    const changes = (name: string): boolean =>
      capabilityOf(capabilities, name)?.['listChanged'] === true;
    return {
      ...(changes('tools') ? { toolsListChanged: true } : {}),
      ...(changes('prompts') ? { promptsListChanged: true } : {}),
      ...(changes('resources') ? { resourcesListChanged: true } : {}),
      ...(this.#resources.size > 0 ? { resourceSubscriptions: [...this.#resources] } : {}),
    };
  }
}
