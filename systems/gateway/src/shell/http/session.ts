import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Message } from '@ioi/jsonrpc';
import type { Backend } from '../../core/backend.ts';
import type { SendEffect } from '../../core/state.ts';
import { Runner } from '../runner.ts';
import { EventLog } from './event-log.ts';
import type { HttpLimits } from './limits.ts';
import { Reply } from './reply.ts';

/** The stream of what concerns no request: the one a GET opens. */
const UNSOLICITED = 'get';
/** Older clients take an event without data for a broken one. */
const PRIMED = '2025-11-25';
const ID_BYTES = 24;

export type Posted = {
  readonly message: Message;
  readonly byteCount: number;
  readonly response: ServerResponse;
};

/** A session of MCP 2025-11-25 or older over HTTP: many streams, of which each can break. */
export class HttpSession {
  readonly id = randomBytes(ID_BYTES).toString('base64url');
  readonly principal: string;
  readonly runner: Runner;
  usedAt = Date.now();
  readonly #limits: HttpLimits;
  readonly #log: EventLog;
  readonly #streams = new Map<string, Reply>();
  #nextStream = 1;

  constructor(principal: string, backend: Backend, limits: HttpLimits) {
    this.principal = principal;
    this.#limits = limits;
    this.#log = new EventLog(limits);
    const sink = {
      send: (effect: SendEffect) => this.#send(effect),
      isBusy: (to: string) => this.#streams.get(to)?.isBusy === true,
      over: (to: string) => this.#end(to, 202),
      close: () => {
        for (const stream of [...this.#streams.keys()]) this.#end(stream, 503);
      },
    };
    this.runner = new Runner(backend, sink, 'opened');
  }

  get isIdle(): boolean {
    const isRead = [...this.#streams.values()].some((reply) => reply.isOpen);
    return !isRead && this.runner.state.inFlight.length === 0;
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

  /** A stream for what concerns no request, or the rest of one that broke. */
  get(response: ServerResponse, lastEventId: string | undefined): void {
    this.usedAt = Date.now();
    const isResumed = lastEventId !== undefined;
    const left = isResumed ? this.#log.after(lastEventId) : { stream: UNSOLICITED, events: [] };
    const { stream, events } = left;
    // A reader that opens a second one has most likely lost the first.
    this.#end(stream, 503);
    const reply = this.#reply(stream, response, isResumed);
    reply.stream();
    for (const { id, line } of events) reply.write(`id: ${id}\ndata: ${line}\n\n`);
    const isOver = events.some(({ last }) => last) || !this.#goesOn(stream);
    if (isOver) reply.end(202);
    else this.#streams.set(stream, reply);
  }

  /** Whether more may come on a stream: of a request, while it is worked on. */
  #goesOn(stream: string): boolean {
    if (stream === UNSOLICITED) return true;
    return this.runner.state.inFlight.some(({ from, cancelled }) => from === stream && !cancelled);
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
      remember: (line, last) => this.#log.add(stream, line, last),
      first: () => {
        // Who comes back has a name to go on from, and must not be given a later one.
        if (isResumed || this.runner.state.protocolVersion !== PRIMED) return '';
        return `id: ${this.#log.nameAfter(stream)}\ndata:\n\n`;
      },
      gone: () => {
        this.usedAt = Date.now();
        // What follows is kept for its reader, who knows of a stream only once it has begun.
        if (!reply.streams && this.#streams.get(stream) === reply) this.#streams.delete(stream);
      },
    });
    return reply;
  }

  #send({ line, to, last, status }: SendEffect): void {
    const stream = to === '' ? UNSOLICITED : to;
    // A client whose stream has gone may still read the other; an answer belongs to its own.
    const other = last ? undefined : this.#streams.get(UNSOLICITED);
    const reply = this.#streams.get(stream) ?? other;
    this.usedAt = Date.now();
    if (last) this.#streams.delete(stream);
    reply?.send(line, { last, status });
  }

  #end(stream: string, status: 202 | 503): void {
    const reply = this.#streams.get(stream);
    this.#streams.delete(stream);
    reply?.end(status);
  }
}
