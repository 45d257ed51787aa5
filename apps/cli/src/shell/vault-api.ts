import type { Sockets } from './home.ts';
import { callLocal } from './local-http.ts';

/** All that is told of a secret. */
export type SecretItem = {
  readonly name: string;
  readonly kind: 'bearer' | 'header' | 'oauth';
  readonly bound_to: { readonly server: string; readonly origin: string };
  readonly header?: string;
  readonly issuer?: string;
  readonly rotations: number;
};

/** What a secret is for: its name, and the one place it goes to. */
export type SecretPlace = {
  readonly name: string;
  readonly server: string;
  readonly origin: string;
};

export type SecretGiven = SecretPlace & {
  readonly kind: 'bearer' | 'header';
  readonly header?: string;
  readonly secret: string;
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
    const call = { socket: this.#socket, method: 'GET', path: '/vault' } as const;
    return (await callLocal<{ items: readonly SecretItem[] }>(call)).items;
  }

  put(given: SecretGiven, passphrase: string): Promise<{ readonly item: SecretItem }> {
    return this.#post('/vault/put', { ...given, passphrase });
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

  #post<T>(path: string, body: object): Promise<T> {
    return callLocal<T>({ socket: this.#socket, method: 'POST', path, body, timeoutMs: LOGIN_MS });
  }
}
