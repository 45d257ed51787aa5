import { randomBytes } from 'node:crypto';
import { err, ok, type Result } from '@ioi/basis';
import type { ExchangeAnswer, ExchangeAsked, GuardianNotice, Refusal } from '../core/index.ts';

const PATIENCE_MS = 15_000;

/**
 * Codes that the daemon exchanges for ID tokens: the guardian has no network. What comes back is
 * only carried; that it is for this very sign-in, the token says by its nonce.
 */
export class Exchanges {
  readonly #wanted = new Map<string, (answer: ExchangeAnswer) => void>();

  async ask(
    asked: ExchangeAsked,
    notify: (notice: GuardianNotice) => void,
  ): Promise<Result<string, Refusal>> {
    const id = randomBytes(16).toString('hex');
    const { promise, resolve } = Promise.withResolvers<ExchangeAnswer>();
    this.#wanted.set(id, resolve);
    const late = { id, fault: 'no answer in time' };
    const timer = setTimeout(() => resolve(late), PATIENCE_MS);
    notify({ kind: 'exchange', id, ...asked });
    const { id_token, fault = 'no ID token' } = await promise;
    clearTimeout(timer);
    this.#wanted.delete(id);
    if (id_token !== undefined) return ok(id_token);
    const message = `the provider gave nothing for the code: ${fault.slice(0, 256)}`;
    return err({ code: 'sign_in.not_exchanged', message });
  }

  /** What was not asked for is passed over. */
  take(answer: ExchangeAnswer): void {
    this.#wanted.get(answer.id)?.(answer);
  }
}
