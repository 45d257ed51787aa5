import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { BoundedMap } from '@ioi/basis';

type Ticket = { readonly objective: string; readonly until: number };

const MOST_TICKETS = 1024;
const VALID_MS = 60_000;
/** What a connection begins with that has one; no JSON-RPC message does. */
const OPENING = '{"ioi_ticket":"';
const LONGEST_LINE = 128;

/**
 * What the person wants from a session, said before it begins by whoever starts the client. An
 * agent's own words never get here: a ticket is good once, and only as the first line of all.
 */
export class Tickets {
  readonly #issued = new BoundedMap<string, Ticket>(MOST_TICKETS);

  issue(objective: string): string {
    const ticket = randomBytes(24).toString('hex');
    this.#issued.set(ticket, { objective, until: performance.now() + VALID_MS });
    return ticket;
  }

  /** The objective of a connection, read off its first line when that is a ticket. */
  async objectiveOf(socket: Socket): Promise<string | undefined> {
    const ticket = await takeTicket(socket);
    const issued = ticket === undefined ? undefined : this.#issued.get(ticket);
    if (ticket !== undefined) this.#issued.delete(ticket);
    return issued && issued.until > performance.now() ? issued.objective : undefined;
  }
}

/** Leaves everything else of the stream as it was. */
async function takeTicket(socket: Socket): Promise<string | undefined> {
  let taken = Buffer.alloc(0);
  for (;;) {
    const chunk = (await nextChunk(socket)) as Buffer | null;
    if (chunk === null) break;
    taken = Buffer.concat([taken, chunk]);
    const length = Math.min(taken.length, OPENING.length);
    if (taken.toString('latin1', 0, length) !== OPENING.slice(0, length)) break;
    const end = taken.indexOf(10);
    if (end >= 0 && end < LONGEST_LINE) {
      if (end + 1 < taken.length) socket.unshift(taken.subarray(end + 1));
      return /^[0-9a-f]{48}/.exec(taken.toString('latin1', OPENING.length, end))?.[0];
    }
    if (taken.length >= LONGEST_LINE) break;
  }
  if (taken.length > 0 && !socket.readableEnded) socket.unshift(taken);
  return undefined;
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
