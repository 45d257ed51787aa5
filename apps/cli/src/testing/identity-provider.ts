import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { visitAs } from './visit-as.ts';

export const CLIENT_ID = 'ioi-node';
/** By which people sign in at a node, on any port of this machine. */
export const PEOPLE_CLIENT_ID = 'ioi-people';

/** What a provider sends a browser back with. */
export type Returned = Readonly<Record<string, string>>;

/** How a client with a secret says so; a public one says nothing. */
export type ClientSecret = {
  readonly method: 'client_secret_basic' | 'client_secret_post';
  readonly secret: string;
};

/** Where others than this machine reach it: a name, a port of its own and a certificate. */
export type Reached = {
  readonly issuer: string;
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string };
};

/** The certified provider of npm's registry, on a port of its own, with a client of each kind. */
export class IdentityProvider {
  readonly issuer: string;
  readonly #server: Server;
  readonly #client: ClientSecret | undefined;
  /** Of each person, by the name they sign in with. */
  readonly groups = new Map<string, readonly string[]>();
  #keys = [newKey('key-1')];
  #serve: (...given: Parameters<ReturnType<Provider['callback']>>) => unknown = () => {};

  private constructor(server: Server, client: ClientSecret | undefined, issuer?: string) {
    this.#server = server;
    this.#client = client;
    this.issuer = issuer ?? `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  static async start(redirectUri: string, client?: ClientSecret): Promise<IdentityProvider> {
    const server = createServer((request, response) => void provider.#serve(request, response));
    server.listen(0);
    await once(server, 'listening');
    const provider = new IdentityProvider(server, client);
    provider.open(redirectUri);
    return provider;
  }

  /** One that other machines reach as well, over TLS. */
  static async startAt({ issuer, host, port, tls }: Reached): Promise<IdentityProvider> {
    const server = createSecureServer(tls, (request, response) => {
      void provider.#serve(request, response);
    });
    server.listen(port, host);
    await once(server, 'listening');
    const provider = new IdentityProvider(server, undefined, issuer);
    provider.open('http://127.0.0.1/signed-in');
    return provider;
  }

  /** Under the keys it has now. */
  open(redirectUri: string): void {
    const native = {
      application_type: 'native' as const,
      response_types: ['code' as const],
      grant_types: ['authorization_code'],
    };
    const people = {
      ...native,
      client_id: PEOPLE_CLIENT_ID,
      // Of a native client a loopback address is taken on any port (RFC 8252, 7.3).
      redirect_uris: ['http://127.0.0.1/signed-in'],
      token_endpoint_auth_method: 'none' as const,
    };
    const client = {
      ...native,
      client_id: CLIENT_ID,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: this.#client?.method ?? ('none' as const),
      ...(this.#client === undefined ? {} : { client_secret: this.#client.secret }),
    };
    const provider = new Provider(this.issuer, {
      clients: [client, people],
      jwks: { keys: this.#keys },
      ...(this.#client === undefined ? {} : { clientAuthMethods: [this.#client.method] }),
      cookies: { keys: ['only for tests'] },
      features: { devInteractions: { enabled: true } },
      scopes: ['openid', 'groups'],
      claims: { openid: ['sub'], groups: ['groups'] },
      conformIdTokenClaims: false,
      findAccount: (_, id) => {
        const groups = [...(this.groups.get(id) ?? [])];
        return { accountId: id, claims: () => ({ sub: id, groups }) };
      },
    });
    this.#serve = provider.callback();
  }

  /** A key nobody has seen. */
  rotate(redirectUri: string): void {
    this.#keys = [newKey('key-2')];
    this.open(redirectUri);
  }

  /** A person in a browser signs in there and agrees; where the browser is sent in the end. */
  async visit(url: string, login: string): Promise<Returned> {
    const back = await visitAs({ issuer: this.issuer, login }, url);
    return Object.fromEntries(back.searchParams);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function newKey(kid: string) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
}
