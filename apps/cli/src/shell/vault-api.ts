import type { Sockets } from './home.ts';
import { callLocal } from './local-http.ts';

/** All that is told of a secret. */
export type SecretItem = SecretFacts & {
  readonly name: string;
  readonly kind: SecretGiven['kind'] | 'oauth';
  readonly bound_to: { readonly server: string; readonly origin: string };
  readonly issuer?: string;
  readonly version: number;
};

/** What is told beside the name, by kind. */
export type SecretFacts = {
  readonly header?: string;
  readonly algorithm?: 'sha256' | 'sha512';
  readonly region?: string;
  readonly service?: string;
  readonly public_key?: string;
  readonly fingerprint?: string;
  readonly address?: string;
  /** Milliseconds of Chain Time. */
  readonly expires_at?: string;
};

/** What a secret is for: its name, and the one place it goes to. */
export type SecretPlace = {
  readonly name: string;
  readonly server: string;
  readonly origin: string;
};

export const KINDS = [
  'bearer',
  'header',
  'basic',
  'sigv4',
  'ssh_key',
  'evm_key',
  'webhook',
] as const;

export type SecretGiven = SecretPlace &
  SecretFacts & {
    readonly kind: (typeof KINDS)[number];
    readonly secret: string;
    /** How long the version before it is kept, in milliseconds. */
    readonly keep_ms?: string;
  };

/** One version that is kept; times are Chain Time. */
export type SecretVersion = {
  readonly item: SecretItem;
  readonly made_at: string;
  readonly retired_at?: string;
  readonly shred_at?: string;
};

/** What was done with secrets, and with what opens them. */
export type SecretUse = {
  readonly number: number;
  readonly act: string;
  readonly at: string;
  readonly name?: string;
  readonly version?: number;
  readonly server?: string;
  readonly operation?: string;
  readonly unlocker?: string;
};

export type Unlocker = {
  readonly id: string;
  readonly kind: 'owner' | 'passphrase' | 'file' | 'systemd' | 'keyring' | 'passkey';
  readonly label?: string;
  readonly kdf?: { readonly memory_kib: number; readonly passes: number; parallelism: number };
};

export type VaultStatus = {
  readonly state: 'unlocked' | 'locked' | 'refused';
  readonly refusal?: { readonly code: string; readonly message: string };
  readonly until?: string;
  readonly vault_id: string;
  readonly unattended: 'off' | 'file' | 'systemd' | 'keyring';
  readonly unlockers: readonly (Unlocker & {
    readonly reveals: { readonly disk: string; readonly account: string; readonly machine: string };
  })[];
  readonly lost: readonly { readonly name: string; readonly version: number }[];
  readonly lost_unlockers: readonly string[];
};

export type Unlockers = {
  readonly unlockers: readonly Unlocker[];
  /** Those that have to be set up again. */
  readonly dropped: readonly string[];
};

/** A client that the owner registered at an authorization server. */
export type ClientGiven = {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly client_metadata_url?: string;
};

/** As long as a person may take to log in. */
const LOGIN_MS = 11 * 60_000;

/** The guardian's vault, on its own stream: secrets go in there, and none comes out. */
export class VaultApi {
  readonly #socket: string;

  constructor({ guardian }: Sockets) {
    this.#socket = guardian;
  }

  async items(): Promise<readonly SecretItem[]> {
    return (await this.#all()).items;
  }

  async status(): Promise<VaultStatus> {
    return (await this.#all()).vault;
  }

  async history(name: string): Promise<readonly SecretVersion[]> {
    return (await this.#post<{ versions: SecretVersion[] }>('/vault/history', { name })).versions;
  }

  async uses(after: number): Promise<readonly SecretUse[]> {
    return (await this.#post<{ uses: SecretUse[] }>('/vault/uses', { after })).uses;
  }

  unlock(given: {
    readonly passphrase?: string;
    readonly unlocker?: string;
    /** Base64. */
    readonly key?: string;
    readonly for_ms?: string;
  }): Promise<VaultStatus> {
    return this.#post('/vault/unlock', given);
  }

  lock(): Promise<VaultStatus> {
    return this.#post('/vault/lock', {});
  }

  setUnattended(mode: string, passphrase: string, key?: string): Promise<Unlockers> {
    return this.#post('/vault/unattended', {
      mode,
      passphrase,
      ...(key === undefined ? {} : { key }),
    });
  }

  rekey(passphrase: string): Promise<Unlockers> {
    return this.#post('/vault/rekey', { passphrase });
  }

  removeUnlocker(id: string, passphrase: string): Promise<Unlockers> {
    return this.#post('/vault/unlocker/remove', { id, passphrase });
  }

  adopt(passphrase: string): Promise<VaultStatus> {
    return this.#post('/vault/adopt', { passphrase });
  }

  setAside(passphrase: string): Promise<{ readonly aside: string }> {
    return this.#post('/vault/aside', { passphrase });
  }

  revive(
    name: string,
    version: number,
    passphrase: string,
  ): Promise<{ readonly item: SecretItem }> {
    return this.#post('/vault/revive', { name, version, passphrase });
  }

  put(given: SecretGiven, passphrase: string): Promise<{ readonly item: SecretItem }> {
    return this.#post('/vault/put', { ...given, passphrase });
  }

  /** An account of the owner's phrase as an `evm_key`; without a phrase, of the one kept there. */
  derive(
    given: SecretPlace & { readonly index: string; readonly phrase?: string },
    passphrase: string,
  ): Promise<{ readonly item: SecretItem }> {
    return this.#post('/vault/derive', { ...given, passphrase });
  }

  remove(name: string, passphrase: string): Promise<{ readonly item: SecretItem }> {
    return this.#post('/vault/remove', { name, passphrase });
  }

  login(
    place: SecretPlace,
    client: ClientGiven | undefined,
    passphrase: string,
  ): Promise<{ readonly authorization_url: string }> {
    const given = client === undefined ? place : { ...place, client };
    return this.#post('/vault/login', { ...given, passphrase });
  }

  /** Resolves once the person has logged in. */
  waitForLogin(server: string): Promise<object> {
    return this.#post('/vault/login/wait', { server });
  }

  finishLogin(server: string, callback: string): Promise<object> {
    return this.#post('/vault/login/finish', { server, callback });
  }

  #all(): Promise<{ readonly items: readonly SecretItem[]; readonly vault: VaultStatus }> {
    return callLocal({ socket: this.#socket, method: 'GET', path: '/vault' });
  }

  #post<T>(path: string, body: object): Promise<T> {
    return callLocal<T>({ socket: this.#socket, method: 'POST', path, body, timeoutMs: LOGIN_MS });
  }
}
