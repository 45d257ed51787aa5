import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { ok } from '@ioi/basis';
import type { Message } from '@ioi/jsonrpc';
import type { Backend } from '../../core/backend.ts';
import type { SendEffect } from '../../core/state.ts';
import { Runner } from '../runner.ts';
import { EventLog, type Replayed, type ReplayRefusal, type ReplayRoom } from './event-log.ts';
import type { HttpLimits } from './limits.ts';
import { eventOf, Reply } from './reply.ts';

/** The stream of what concerns no request: the one a GET opens. */
const UNSOLICITED = 'get';
/** Older clients take an event without data for a broken one. */
const PRIMED = '2025-11-25';
const ID_BYTES = 24;
const STANDING: Replayed = { stream: UNSOLICITED, events: [] };

export type Posted = {
  readonly message: Message;
  readonly byteCount: number;
  readonly response: ServerResponse;
};

/** What one endpoint holds at most. */
export type Keeping = { readonly limits: HttpLimits; readonly room: ReplayRoom };

/** A session of MCP 2025-11-25 or older over HTTP: many streams, of which each can break. */
export class HttpSession {
  readonly id = randomBytes(ID_BYTES).toString('base64url');
  readonly principal: string;
  readonly runner: Runner;
  usedAt = Date.now();
  readonly #limits: HttpLimits;
  readonly #log: EventLog;
  readonly #streams = new Map<string, Reply>();
  /** Who reads a stream, also after its end: one at a time. */
  readonly #readers = new Map<string, Reply>();
  #nextStream = 1;

  constructor(principal: string, backend: Backend, { limits, room }: Keeping) {
    this.principal = principal;
    this.#limits = limits;
    this.#log = new EventLog(limits, room);
    const sink = {
      send: (effect: SendEffect) => this.#send(effect),
      isBusy: (to: string) => {
        const reply = this.#streams.get(to);
        if (reply === undefined || reply.isOpen) return reply?.isBusy === true;
        return this.#log.isCrowded;
      },
      over: (to: string) => this.#end(to, 202),
      close: () => {
        for (const stream of [...this.#streams.keys()]) this.#end(stream, 503);
        this.#log.close();
      },
    };
    this.runner = new Runner(backend, sink, 'opened');
  }

  get isIdle(): boolean {
    const isRead = [...this.#streams.values()].some((reply) => reply.isOpen);
    return !isRead && this.runner.state.inFlight.length === 0;
  }

  /** Older clients know no such events. */
  get #isPrimed(): boolean {
    const { phase, protocolVersion } = this.runner.state;
    return phase !== 'opened' && protocolVersion === PRIMED;
  }

  /** One message of the client; only a request has an answer. */
  post({ message, byteCount, response }: Posted): void {
    this.usedAt = Date.now();
    if (this.runner.state.phase === 'closed') {
      // It made room for another before it was used.
      response.writeHead(404).end();
      return;
    }
    if (message.kind !== 'request') {
      this.runner.accept({ kind: 'message', message, byteCount });
      response.writeHead(202).end();
      return;
    }
    const from = this.#open(response);
    this.runner.accept({ kind: 'message', message, byteCount, from });
  }

  /** A stream for what concerns no request, or the rest of one that broke; or why there is none. */
  get(response: ServerResponse, lastEventId: string | undefined): ReplayRefusal | undefined {
    this.usedAt = Date.now();
    const isResumed = lastEventId !== undefined;
    const left = isResumed ? this.#log.after(lastEventId) : ok(STANDING);
    if (!left.ok) return left.error;
    const { stream, events } = left.value;
    const goesOn = stream === UNSOLICITED || this.#streams.has(stream);
    // A reader that opens a second one has most likely lost the first.
    this.#readers.get(stream)?.giveWay();
    const reply = this.#reply(stream, response, isResumed);
    reply.stream();
    for (const { id, line } of events) reply.write(eventOf(id, line));
    if (goesOn) this.#streams.set(stream, reply);
    else reply.end(202);
    return undefined;
  }

  #open(response: ServerResponse): string {
    const stream = `post${this.#nextStream}`;
    this.#nextStream += 1;
    this.#streams.set(stream, this.#reply(stream, response));
    return stream;
  }

  #reply(stream: string, response: ServerResponse, isResumed = false): Reply {
    const reply: Reply = new Reply(response, {
      limits: this.#limits,
      // Before it is initialized there is no session yet that a client could come back to.
      headers: () => (this.runner.state.phase === 'opened' ? {} : { 'mcp-session-id': this.id }),
      resumable: {
        isEvent: () => this.#isPrimed,
        name: () => this.#log.name(stream),
        remember: (line) => this.#log.add(stream, line),
        first: () => {
          // Who comes back has a name to go on from, and must not be given a later one.
          if (isResumed || !this.#isPrimed) return '';
          return `id: ${this.#log.begin(stream)}\nretry: ${this.#limits.retryMs}\ndata:\n\n`;
        },
      },
      gone: () => {
        this.usedAt = Date.now();
        // What follows is kept for its reader, who knows of a stream only once it has begun.
        if (!reply.streams && this.#streams.get(stream) === reply) this.#streams.delete(stream);
      },
    });
    if (response.destroyed) return reply;
    this.#readers.set(stream, reply);
    response.on('close', () => {
      if (this.#readers.get(stream) === reply) this.#readers.delete(stream);
    });
    return reply;
  }

  #send({ line, to, last, status }: SendEffect): void {
    const stream = to === '' ? UNSOLICITED : to;
    // A client whose stream has gone may still read the other; an answer belongs to its own.
    const other = last ? undefined : this.#streams.get(UNSOLICITED);
    const reply = this.#streams.get(stream) ?? other;
    this.usedAt = Date.now();
    reply?.send(line, { last, status });
    if (!last) return;
    this.#streams.delete(stream);
    this.#log.end(stream);
  }

  #end(stream: string, status: 202 | 503): void {
    const reply = this.#streams.get(stream);
    this.#streams.delete(stream);
    this.#log.end(stream);
    reply?.end(status);
  }
}
