import { createHmac, randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import type { Refusal } from '../core/index.ts';
import type { PageSession } from './page-sessions.ts';

/** Wrong codes for one request, from all devices together. */
const MOST_WRONG = 3;
const MOST_REQUESTS = 1024;

/**
 * Two digits for each request on each device, shown at the node and typed on the device: whoever
 * approves elsewhere means the request that waits here. They are no secret and give no authority.
 */
export class MatchCodes {
  readonly #secret = randomBytes(32);
  readonly #wrong = new Map<string, number>();

  code(session: PageSession, requestHash: string): string {
    return this.#digits(session.page, requestHash, 2);
  }

  /** Six digits for a passkey that a device made. */
  enrolment(session: PageSession, factorId: string): string {
    return this.#digits(session.page, factorId, 6);
  }

  check(session: PageSession, requestHash: string, given: string): Result<void, Refusal> {
    const wrong = this.#wrong.get(requestHash) ?? 0;
    if (wrong >= MOST_WRONG) return closed();
    if (given === this.code(session, requestHash)) return ok(undefined);
    this.#count(requestHash, wrong + 1);
    if (wrong + 1 >= MOST_WRONG) return closed();
    const message = 'that is not the code of this request: `ioi inbox` at the node shows it';
    return err({ code: 'match.wrong', message });
  }

  /** What stands in place of a request has as many wrong codes behind it. */
  carry(from: string, to: string): void {
    const wrong = this.#wrong.get(from);
    if (wrong !== undefined) this.#count(to, wrong);
  }

  #count(requestHash: string, wrong: number): void {
    if (this.#wrong.size >= MOST_REQUESTS) {
      const [oldest] = this.#wrong.keys();
      if (oldest !== undefined) this.#wrong.delete(oldest);
    }
    this.#wrong.set(requestHash, wrong);
  }

  #digits(device: Buffer, about: string, count: number): string {
    const bytes = createHmac('sha256', this.#secret).update(device).update(about).digest();
    const number = bytes.readUIntBE(0, 6) % 10 ** count;
    return String(number).padStart(count, '0');
  }
}

function closed(): Result<never, Refusal> {
  const message = 'wrong codes came too often: decide this request at the node itself';
  return err({ code: 'match.closed', message });
}
