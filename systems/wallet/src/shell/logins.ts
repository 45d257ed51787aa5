import { ok, type Result } from '@ioi/basis';
import type { EdgeRefusal } from '../core/index.ts';
import { unsent } from '../core/refusal.ts';
import type { Egress, LoginResult } from './egress.ts';
import { type Loopback, loopbackConsent } from './loopback.ts';

const PATIENCE_MS = 10 * 60_000;

type Running = {
  readonly loopback: Loopback;
  readonly done: Promise<LoginResult>;
  readonly cut: AbortController;
};

/** Logins that people have begun and not ended, one for each server. */
export class Logins {
  readonly #egress: Egress;
  readonly #running = new Map<string, Running>();

  constructor(egress: Egress) {
    this.#egress = egress;
  }

  /** Where the person has to go; an earlier login for the same server ends. */
  async begin(server: string): Promise<Result<string, EdgeRefusal>> {
    this.#running.get(server)?.cut.abort();
    const address = Promise.withResolvers<string>();
    const earlier = await this.#egress.redirectOf(server);
    const loopback = await loopbackConsent((url) => address.resolve(url.href), earlier);
    const cut = new AbortController();
    const signal = AbortSignal.any([cut.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const done = this.#follow({ server, loopback, signal });
    this.#running.set(server, { loopback, done, cut });
    return Promise.race([
      address.promise.then((url) => ok(url)),
      done.then((ended) => (ended.ok ? unsent('login.over', 'nobody had to be asked') : ended)),
    ]);
  }

  /** Resolves with how the login ended. */
  async wait(server: string): Promise<Result<void, EdgeRefusal>> {
    const ended = await this.#running.get(server)?.done;
    if (ended === undefined) return unsent('login.not_begun', `no login to ${server} has begun`);
    return ended.ok ? ok(undefined) : ended;
  }

  /** As `wait`, with what the person's browser brought back. */
  async finish(server: string, callback: string): Promise<Result<void, EdgeRefusal>> {
    if (this.#running.get(server)?.loopback.take(callback) === false) {
      return unsent('login.not_awaited', 'this address does not belong to the login that waits');
    }
    return this.wait(server);
  }

  async #follow({ server, loopback, signal }: Following): Promise<LoginResult> {
    const { promise: over, resolve } = Promise.withResolvers<LoginResult>();
    const late = unsent('login.abandoned', `nobody finished the login to ${server}`);
    signal.addEventListener('abort', () => resolve(late), { once: true });
    const ended = await Promise.race([this.#egress.login(server, loopback, signal), over]);
    loopback.close();
    return ended;
  }
}

type Following = {
  readonly server: string;
  readonly loopback: Loopback;
  readonly signal: AbortSignal;
};
