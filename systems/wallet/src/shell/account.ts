import { ok, type Result } from '@ioi/basis';
import {
  type Credential,
  type EdgeRefusal,
  type Grant,
  readCredential,
  type Target,
  unsent,
} from '../core/index.ts';

export type Refused = { readonly code: string; readonly message: string };

/** Who keeps the secrets. */
export type VaultPort = {
  lease(asked: Asked): Promise<Result<Leased, Refused>>;
  renew(asked: Asked & { issuer: string; secret: string }): Promise<Result<void, Refused>>;
};

export type Asked = { readonly name: string; readonly server: string; readonly origin: string };
export type Leased = { readonly kind: string; readonly header?: string; readonly secret: string };

/** How long a secret is kept here after it was leased. */
const LEASE_MS = 30_000;

/** One server's credential, as far as it is here, and the requests that live by it. */
export class Account {
  readonly target: Target;
  readonly #vault: VaultPort;
  readonly #now: () => number;
  readonly #live = new Set<AbortController>();
  /** How many grants came here: whoever renews one sees whether another came meanwhile. */
  renewals = 0;
  /** What the server asked for beyond the grant, for the next login. */
  wantedScope: string | undefined;
  #lease: { readonly credential: Credential; readonly until: number } | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(target: Target, vault: VaultPort, now: () => number) {
    this.target = target;
    this.#vault = vault;
    this.#now = now;
  }

  async credential(): Promise<Result<Credential, EdgeRefusal>> {
    if (this.#lease !== undefined && this.#now() < this.#lease.until) {
      return ok(this.#lease.credential);
    }
    this.#lease = undefined;
    const leased = await this.#vault.lease(this.#asked());
    if (!leased.ok) return unsent(leased.error.code, leased.error.message);
    const read = readCredential(leased.value, leased.value.secret);
    if (read.ok) this.#keep(read.value);
    return read;
  }

  /** Keeps a grant that changed, in the vault first. */
  async renew(grant: Grant): Promise<Result<Grant, EdgeRefusal>> {
    const issuer = grant.tokens?.issuer ?? grant.client?.issuer ?? '';
    const secret = JSON.stringify(grant);
    const renewed = await this.#vault.renew({ ...this.#asked(), issuer, secret });
    if (!renewed.ok) return unsent(renewed.error.code, renewed.error.message);
    this.renewals += 1;
    this.#keep({ kind: 'grant', grant });
    return ok(grant);
  }

  /** One renewal or login at a time: others wait, and find what it brought. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** A signal for one request: it ends with the one given, or when the secret is taken back. */
  live(signal: AbortSignal): AbortSignal {
    const cut = new AbortController();
    this.#live.add(cut);
    signal.addEventListener('abort', () => this.#live.delete(cut), { once: true });
    return AbortSignal.any([signal, cut.signal]);
  }

  /** What is leased next is as the vault has it. */
  forget(): void {
    this.#lease = undefined;
  }

  /** The secret is gone or another: nothing goes on that was sent with it. */
  revoke(): void {
    this.forget();
    for (const cut of this.#live) cut.abort();
    this.#live.clear();
  }

  #asked(): Asked {
    const { credential: name, server, origin } = this.target;
    return { name, server, origin };
  }

  #keep(credential: Credential): void {
    this.#lease = { credential, until: this.#now() + LEASE_MS };
  }
}
