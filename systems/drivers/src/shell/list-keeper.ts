import type { JsonObject } from '@ioi/jsonrpc';
import { capabilityOf, statelessMeta } from '../core/eras.ts';
import { standardHeaders } from '../core/http-headers.ts';
import type { Connection } from './act.ts';
import { EMPTY_LIST, readList, SOURCES } from './lists.ts';
import { Patience } from './patience.ts';
import type { Listed, ListKind } from './upstream.ts';
import { request } from './wire.ts';

const LIST_MS = 30_000;
const LIST_BYTES = 16 * 1024 * 1024;
/** How often a list that changes while it is read is read again. */
const MOST_READINGS = 5;

type Kept = { readonly listed: Listed; readonly readAt: number };

/** The lists of one server, each kept until it changes, is too old, or the server is another. */
export class ListKeeper {
  readonly #connect: () => Promise<Connection>;
  readonly #shortestTtlMs: number;
  readonly #kept = new Map<ListKind, Kept>();
  readonly #reading = new Map<ListKind, Promise<Listed>>();
  /** Grows with every change, so that a reading knows whether it is out of date. */
  #changes = 0;

  constructor(connect: () => Promise<Connection>, shortestTtlMs: number) {
    this.#connect = connect;
    this.#shortestTtlMs = shortestTtlMs;
  }

  kept(kind: ListKind): Listed | undefined {
    return this.#kept.get(kind)?.listed;
  }

  /** Of templates it is not said apart that they changed. */
  drop(list: 'tools' | 'resources' | 'prompts'): void {
    this.#changes += 1;
    this.#kept.delete(list);
    if (list === 'resources') this.#kept.delete('resource_templates');
  }

  forget(): void {
    this.#changes += 1;
    this.#kept.clear();
  }

  async read(kind: ListKind): Promise<Listed> {
    const connection = await this.#connect();
    const kept = this.#kept.get(kind);
    if (kept !== undefined && this.#isFresh(connection, kind, kept)) return kept.listed;
    const reading = this.#reading.get(kind) ?? this.#begin(kind);
    return reading;
  }

  #begin(kind: ListKind): Promise<Listed> {
    const reading = this.#readAgain(kind).finally(() => this.#reading.delete(kind));
    this.#reading.set(kind, reading);
    return reading;
  }

  async #readAgain(kind: ListKind): Promise<Listed> {
    for (let turn = 1; ; turn += 1) {
      const connection = await this.#connect();
      const seen = this.#changes;
      const isLast = turn === MOST_READINGS;
      const listed = await this.#readOnce(connection, kind).catch((error: unknown) => {
        // A session that ended meanwhile is no reason to fail: a list can be asked for again.
        if (connection.wire.isAlive || turn > 1) throw error;
        return undefined;
      });
      if (listed === undefined) continue;
      const isCurrent = this.#changes === seen && connection.wire.isAlive;
      if (isCurrent) return this.#keep(kind, listed);
      // Some servers announce changes while they start; one that never stops is not kept.
      if (isLast) return listed;
    }
  }

  /** An entry that is what it was stays the same object, so that it can still be called. */
  #keep(kind: ListKind, listed: Listed): Listed {
    const before = new Map(
      this.kept(kind)?.entries.map((entry) => [JSON.stringify(entry), entry] as const),
    );
    const entries = listed.entries.map((entry) => before.get(JSON.stringify(entry)) ?? entry);
    const kept = { ...listed, entries };
    this.#kept.set(kind, { listed: kept, readAt: performance.now() });
    return kept;
  }

  async #readOnce({ wire, described }: Connection, kind: ListKind): Promise<Listed> {
    const { era, capabilities, protocolVersion } = described;
    if (capabilityOf(capabilities, SOURCES[kind].capability) === undefined) return EMPTY_LIST;
    const isStateless = era === 'stateless';
    const ask = async (method: string, page: JsonObject) => {
      const patience = new Patience({ timeoutMs: LIST_MS });
      const meta = isStateless ? { _meta: statelessMeta(protocolVersion, undefined, {}) } : {};
      const params = { ...page, ...meta };
      const headers = isStateless ? standardHeaders(protocolVersion, method, params) : {};
      const bounds = { patience, outputBytes: LIST_BYTES, isAct: false };
      const reply = request(wire, { method, params, headers, ...bounds });
      return reply.finally(() => patience.stop());
    };
    return readList(kind, ask, isStateless && wire.hasHeaders);
  }

  /** Where changes are announced a list holds until then; else as long as the server says. */
  #isFresh({ described }: Connection, kind: ListKind, { listed, readAt }: Kept): boolean {
    const { capabilities, era } = described;
    const declared = capabilityOf(capabilities, SOURCES[kind].capability);
    if (era === 'stateful' || declared?.['listChanged'] === true) return true;
    if (listed.ttlMs === undefined) return true;
    return performance.now() - readAt < Math.max(listed.ttlMs, this.#shortestTtlMs);
  }
}
