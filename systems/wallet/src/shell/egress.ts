import { ok, type Result } from '@ioi/basis';
import {
  admit,
  agreeing,
  type EdgeRefusal,
  formsOf,
  type Grant,
  returnedHeaders,
  type Target,
  unsealed,
  type Wanted,
} from '../core/index.ts';
import { unsent } from '../core/refusal.ts';
import { Account, type VaultPort } from './account.ts';
import { carryGrant, login } from './carry-grant.ts';
import type { Carried, Carry } from './edge-server.ts';
import type { Consent } from './grant-provider.ts';
import { type LetOut, listened, type SealedMessages } from './sealed-messages.ts';
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
    const checked = await this.#letOut(wanted, body);
    if (!checked.ok) return checked;
    const { onAsked } = checked.value;
    const account = this.#account(wanted.server) as Account;
    const found = await account.credential();
    if (!found.ok) return found;
    const { consent, now } = this.#options;
    const request = { outgoing, body, signal: account.live(cut) };
    if (found.value.kind === 'grant') {
      const carrying = { account, consent, now };
      const granted = await carryGrant(request, found.value.grant, carrying);
      if (!granted.ok) return granted;
      return carried(granted.value.response, granted.value.secrets, onAsked);
    }
    const { header, secrets } = found.value;
    const answered = await transmit({ ...request, credential: header });
    if (!answered.ok) return answered;
    if (answered.value.status !== 401) return carried(answered.value, secrets, onAsked);
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

  /** By all but POST nothing is said to a server. */
  async #letOut(wanted: Wanted, body: Uint8Array): Promise<Result<LetOut, EdgeRefusal>> {
    const { messages } = this.#options;
    const isSilent = wanted.method !== 'POST' && body.length === 0;
    if (messages === undefined) return ok({ onAsked: undefined });
    if (isSilent) return agreeing(wanted.headers, {}, { onAsked: undefined });
    // In another encoding the same bytes may be another message.
    const isPlain = wanted.headers.some(
      ([name, value]) => name === 'content-type' && value === 'application/json',
    );
    if (wanted.method !== 'POST' || !isPlain) return unsealed('a message is posted as plain JSON');
    const { server, headers, proof } = wanted;
    return messages.check(server, { body, headers }, proof);
  }

  #account(server: string): Account | undefined {
    return this.#accounts.find(({ target }) => target.server === server);
  }
}

export type LoginResult = Result<Grant, EdgeRefusal>;

function carried(
  response: Response,
  secrets: readonly string[],
  onAsked: LetOut['onAsked'],
): Result<Carried, EdgeRefusal> {
  const hidden = secrets.flatMap(formsOf);
  const headers = returnedHeaders(response.headers, hidden);
  return ok({
    status: response.status,
    headers,
    body: listened(response.body, onAsked),
    secrets: hidden,
  });
}

function notTaken({ server, credential }: Target): EdgeRefusal {
  const message = `${server} does not take ${credential}; next: ioi mcp secret set ${server}`;
  return { code: 'upstream.unauthorised', message, isSent: true };
}
