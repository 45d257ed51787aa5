import { ok, type Result } from '@ioi/basis';
import {
  admit,
  type EdgeRefusal,
  formsOf,
  type Grant,
  returnedHeaders,
  type Target,
} from '../core/index.ts';
import { unsent } from '../core/refusal.ts';
import { Account, type VaultPort } from './account.ts';
import { carryGrant, login } from './carry-grant.ts';
import type { Carried, Carry } from './edge-server.ts';
import type { Consent } from './grant-provider.ts';
import type { SealedMessages } from './sealed-messages.ts';
import { transmit } from './transmit.ts';

export type EgressOptions = {
  readonly targets: readonly Target[];
  readonly vault: VaultPort;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Checks what goes out against its seal; a node has it, a login on its own has no log. */
  readonly messages?: SealedMessages;
  /** Who is asked in the middle of a request; a node has nobody there. */
  readonly consent?: Consent;
};

/** Carries requests to the servers that get a credential, each with its own and no other. */
export class Egress {
  readonly #options: EgressOptions;
  #accounts: readonly Account[] = [];

  constructor(options: EgressOptions) {
    this.#options = options;
    this.retarget(options.targets);
  }

  get targets(): readonly Target[] {
    return this.#accounts.map(({ target }) => target);
  }

  /** Other servers from now on; what runs for one that is gone, or elsewhere now, is cut off. */
  retarget(targets: readonly Target[]): void {
    const { vault, now } = this.#options;
    const before = this.#accounts;
    const isSame = (account: Account, target: Target): boolean =>
      JSON.stringify(account.target) === JSON.stringify(target);
    this.#accounts = targets.map(
      (target) =>
        before.find((account) => isSame(account, target)) ?? new Account(target, vault, now),
    );
    for (const account of before) if (!this.#accounts.includes(account)) account.revoke();
  }

  readonly carry: Carry = async (wanted, body, cut) => {
    const admitted = admit(this.targets, wanted);
    if (!admitted.ok) return admitted;
    const outgoing = admitted.value;
    const { messages } = this.#options;
    if (messages !== undefined && outgoing.method === 'POST') {
      const checked = await messages.check(wanted.server, body, wanted.proof);
      if (!checked.ok) return checked;
    }
    const account = this.#account(wanted.server) as Account;
    const found = await account.credential();
    if (!found.ok) return found;
    const { consent, now } = this.#options;
    const request = { outgoing, body, signal: account.live(cut) };
    if (found.value.kind === 'grant') {
      const carrying = { account, consent, now };
      const granted = await carryGrant(request, found.value.grant, carrying);
      return granted.ok ? carried(granted.value.response, granted.value.secrets) : granted;
    }
    const { header, secrets } = found.value;
    const answered = await transmit({ ...request, credential: header });
    if (!answered.ok) return answered;
    if (answered.value.status !== 401) return carried(answered.value, secrets);
    await answered.value.body?.cancel();
    return { ok: false, error: notTaken(account.target) };
  };

  /** Gets a grant from a person, and keeps it. */
  async login(server: string, consent: Consent, signal: AbortSignal): Promise<LoginResult> {
    const account = this.#account(server);
    if (account === undefined) {
      return unsent('edge.unknown_server', `${server} has no credential in node.json`);
    }
    return login({ account, now: this.#options.now }, consent, signal);
  }

  /** The redirect for which the grant's client was registered, if it was. */
  async redirectOf(server: string): Promise<string | undefined> {
    const found = await this.#account(server)?.credential();
    return found?.ok && found.value.kind === 'grant' ? found.value.grant.redirect_uri : undefined;
  }

  /** The secret of this name is gone or another: what was sent with it is cut off. */
  revoke(credential: string): void {
    for (const account of this.#accounts) {
      if (account.target.credential === credential) account.revoke();
    }
  }

  #account(server: string): Account | undefined {
    return this.#accounts.find(({ target }) => target.server === server);
  }
}

export type LoginResult = Result<Grant, EdgeRefusal>;

function carried(response: Response, secrets: readonly string[]): Result<Carried, EdgeRefusal> {
  const hidden = secrets.flatMap(formsOf);
  const headers = returnedHeaders(response.headers, hidden);
  return ok({ status: response.status, headers, body: response.body, secrets: hidden });
}

function notTaken({ server, credential }: Target): EdgeRefusal {
  const message = `${server} does not take ${credential}; next: ioi mcp secret set ${server}`;
  return { code: 'upstream.unauthorised', message, isSent: true };
}
