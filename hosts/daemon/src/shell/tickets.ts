import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { BoundedMap } from '@ioi/basis';

type Ticket = { readonly objective: string; readonly until: number };

const MOST_TICKETS = 1024;
const VALID_MS = 60_000;
/** From its first byte to the end of its line. */
const LINE_MS = 5_000;
/** What a connection begins with that has one; no JSON-RPC message does. */
const OPENING = '{"ioi_ticket":"';
const LONGEST_LINE = 128;

export type TicketLimits = { readonly validMs?: number; readonly lineMs?: number };

/**
 * What the person wants from a session, said before it begins by whoever starts the client. An
 * agent's own words never get here: a ticket is good once, and only as the first line of all.
 */
export class Tickets {
  readonly #issued = new BoundedMap<string, Ticket>(MOST_TICKETS);
  readonly #validMs: number;
  readonly #lineMs: number;

  constructor({ validMs = VALID_MS, lineMs = LINE_MS }: TicketLimits = {}) {
    this.#validMs = validMs;
    this.#lineMs = lineMs;
  }

  issue(objective: string): string {
    const now = performance.now();
    for (const [ticket, { until }] of this.#issued.entries()) {
      if (until <= now) this.#issued.delete(ticket);
    }
    const ticket = randomBytes(24).toString('hex');
    this.#issued.set(ticket, { objective, until: now + this.#validMs });
    return ticket;
  }

  /** How many are kept: those that can be used, and what expired since the last was issued. */
  get size(): number {
    return this.#issued.size;
  }

  /**
   * The objective of a connection, read off its first line when that is a ticket. One that is
   * unknown, used or expired, or whose line does not end, ends the connection: whoever shows a
   * ticket wants a session with an objective, and none without.
   */
  async objectiveOf(socket: Socket): Promise<string | undefined> {
    const ticket = await takeTicket(socket, this.#lineMs);
    if (ticket === undefined) return undefined;
    const issued = this.#issued.get(ticket);
    this.#issued.delete(ticket);
    if (issued && issued.until > performance.now()) return issued.objective;
    socket.destroy();
    return undefined;
  }
}

/** Leaves everything else of the stream as it was; '' is what begins like one and is none. */
async function takeTicket(socket: Socket, lineMs: number): Promise<string | undefined> {
  let taken = Buffer.alloc(0);
  let deadline: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      const chunk = (await nextChunk(socket)) as Buffer | null;
      if (chunk === null) break;
      deadline ??= setTimeout(() => socket.destroy(), lineMs);
      taken = Buffer.concat([taken, chunk]);
      const length = Math.min(taken.length, OPENING.length);
      if (taken.toString('latin1', 0, length) !== OPENING.slice(0, length)) break;
      const end = taken.indexOf(10);
      if (end >= 0 && end < LONGEST_LINE) return ticketIn(socket, taken, end);
      if (taken.length >= LONGEST_LINE) return '';
    }
  } finally {
    clearTimeout(deadline);
  }
  giveBack(socket, taken);
  const isTicket = taken.toString('latin1', 0, OPENING.length) === OPENING;
  return isTicket ? '' : undefined;
}

function ticketIn(socket: Socket, taken: Buffer, end: number): string {
  giveBack(socket, taken.subarray(end + 1));
  const line = taken.toString('latin1', OPENING.length, end);
  return /^([0-9a-f]{48})"\}\r?$/.exec(line)?.[1] ?? '';
}

function giveBack(socket: Socket, bytes: Buffer): void {
  if (bytes.length > 0 && socket.readable) socket.unshift(bytes);
}

/** Null once the stream has ended or broken. */
async function nextChunk(socket: Socket): Promise<unknown> {
  for (;;) {
    const chunk: unknown = socket.read();
    if (chunk !== null) return chunk;
    if (socket.readableEnded || socket.destroyed) return null;
    const stop = new AbortController();
    const { signal } = stop;
    const events = ['readable', 'end', 'close'].map((name) => once(socket, name, { signal }));
    await Promise.race(events).catch(() => undefined);
    stop.abort();
    await Promise.allSettled(events);
  }
}
