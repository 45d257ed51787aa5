import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorLine, isObject } from '@ioi/jsonrpc';
import type { Backend, Notice } from '../../core/backend.ts';
import { faultOfHeaders, type Mirrored, mirroredOf } from '../../core/headers.ts';
import type { SendEffect } from '../../core/state.ts';
import { Runner } from '../runner.ts';
import type { HttpLimits } from './limits.ts';
import { Reply } from './reply.ts';
import type { Posted } from './session.ts';

/** All stateless requests of one principal: each on its own stream, whose end is its own. */
export class HttpPrincipal {
  readonly runner: Runner;
  usedAt = Date.now();
  readonly #limits: HttpLimits;
  readonly #streams = new Map<string, Reply>();
  #mirrored: Promise<ReadonlyMap<string, readonly Mirrored[]>> | undefined;
  #nextStream = 1;

  constructor(backend: Backend, limits: HttpLimits) {
    this.#limits = limits;
    const sink = {
      send: ({ line, to, last, status }: SendEffect) => {
        const reply = this.#streams.get(to);
        if (last) this.#streams.delete(to);
        reply?.send(line, { last, status });
      },
      isBusy: (to: string) => this.#streams.get(to)?.isBusy === true,
      close: () => {
        for (const reply of this.#streams.values()) reply.end(503);
        this.#streams.clear();
      },
    };
    this.runner = new Runner(backend, sink, 'stateless');
  }

  get isIdle(): boolean {
    return this.#streams.size === 0 && this.runner.state.inFlight.length === 0;
  }

  async post({ headers }: IncomingMessage, posted: Posted): Promise<void> {
    const { message, byteCount, response } = posted;
    this.usedAt = Date.now();
    if (message.kind === 'notification') {
      response.writeHead(202).end();
      return;
    }
    if (message.kind !== 'request') {
      response.writeHead(400).end();
      return;
    }
    const mirrored = await this.#mirroredBy(message);
    const fault = faultOfHeaders(headers, message, mirrored);
    if (fault !== undefined) {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(errorLine(message.id, fault));
      return;
    }
    const from = this.#open(response);
    if (from !== undefined) this.runner.accept({ kind: 'message', message, byteCount, from });
  }

  /** Bytes that are no message. */
  refuse(
    input: Extract<Parameters<Runner['accept']>[0], { kind: 'frame' | 'oversized' }>,
    response: ServerResponse,
  ): void {
    const from = this.#open(response);
    if (from !== undefined) this.runner.accept({ ...input, from });
  }

  notify(notice: Notice): void {
    if (notice.kind === 'list_changed' && notice.list === 'tools') this.#mirrored = undefined;
    this.runner.notify(notice);
  }

  /** Absent where one side has left while it was looked at. */
  #open(response: ServerResponse): string | undefined {
    if (response.destroyed) return undefined;
    if (this.runner.state.phase === 'closed') {
      response.writeHead(503).end();
      return undefined;
    }
    const from = `post${this.#nextStream}`;
    this.#nextStream += 1;
    const gone = (): void => {
      this.usedAt = Date.now();
      if (this.#streams.delete(from)) this.runner.accept({ kind: 'gone', from });
    };
    const reply = new Reply(response, { limits: this.#limits, headers: () => ({}), gone });
    this.#streams.set(from, reply);
    return from;
  }

  /** What a tool wants in headers; the list is asked for once, until it changes. */
  async #mirroredBy({ method, params }: { method: string; params: unknown }) {
    if (method !== 'tools/call') return [];
    const name = isObject(params as never) ? (params as { name?: unknown }).name : undefined;
    this.#mirrored ??= this.#listMirrored();
    try {
      return (await this.#mirrored).get(String(name)) ?? [];
    } catch (error) {
      this.#mirrored = undefined;
      this.runner.backend.fault(error);
      return [];
    }
  }

  async #listMirrored(): Promise<ReadonlyMap<string, readonly Mirrored[]>> {
    const { items } = await this.runner.backend.list('tools');
    const tools = items.filter(isObject);
    return new Map(
      tools.map((tool) => [String(tool['name']), mirroredOf(tool['inputSchema'])] as const),
    );
  }
}
