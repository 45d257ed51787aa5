import { randomBytes } from 'node:crypto';
import type {
  OAuthClientInformationContext,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import type { Grant } from '../core/index.ts';

/** How a person says yes: the address they open, and where they are sent back to. */
export type Consent = {
  readonly redirectUrl: string;
  /** Resolves with what the person's browser brought back; it carried this state. */
  ask(authorizationUrl: URL, state: string): Promise<URLSearchParams>;
};

/** Only a person can go on from here. */
export class ConsentNeeded extends Error {
  readonly code = 'consent.needed';
}

/** Never called: where nobody is asked nothing is sent back. */
const NOWHERE = 'http://127.0.0.1/callback';

export type GrantProviderOptions = {
  readonly grant: Grant;
  readonly consent: Consent | undefined;
  readonly save: (grant: Grant) => Promise<void>;
  readonly now: () => number;
};

/** What the SDK's flow keeps and asks, over one grant. One is made for each flow. */
export class GrantProvider implements OAuthClientProvider {
  readonly #options: GrantProviderOptions;
  readonly clientMetadataUrl?: string;
  #grant: Grant;
  #verifier = '';
  #discovery: OAuthDiscoveryState | undefined;
  #authorization: URL | undefined;
  readonly stateText = randomBytes(32).toString('base64url');

  constructor(options: GrantProviderOptions) {
    this.#options = options;
    this.#grant = options.grant;
    const { client_metadata_url: url } = options.grant;
    if (url !== undefined) this.clientMetadataUrl = url;
  }

  get grant(): Grant {
    return this.#grant;
  }

  /** Where the person has to go. */
  get authorization(): URL | undefined {
    return this.#authorization;
  }

  get redirectUrl(): string {
    return this.#options.consent?.redirectUrl ?? this.#grant.redirect_uri ?? NOWHERE;
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: 'IOI',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    };
  }

  state(): string {
    return this.stateText;
  }

  /** Where nobody is asked, only the client that the grant was given to will do. */
  clientInformation(
    about?: OAuthClientInformationContext,
  ): StoredOAuthClientInformation | undefined {
    const found = this.#client();
    const isKnown = found?.issuer === undefined || isSameIssuer(found.issuer, about?.issuer);
    if (this.#options.consent === undefined && (found === undefined || !isKnown)) {
      throw new ConsentNeeded('another authorization server');
    }
    return found;
  }

  /** A client that was registered for another redirect is registered again. */
  #client(): StoredOAuthClientInformation | undefined {
    const { client, redirect_uri: redirect, client_id, client_secret } = this.#grant;
    const isOwn = client?.client_id === client_id || client?.client_id === this.clientMetadataUrl;
    if (client !== undefined && (isOwn || redirect === this.redirectUrl)) return client;
    if (client_id === undefined) return undefined;
    return { client_id, ...(client_secret === undefined ? {} : { client_secret }) };
  }

  async saveClientInformation(client: StoredOAuthClientInformation): Promise<void> {
    const { client_id: own } = this.#grant;
    const isOwn = own === client.client_id;
    if (own !== undefined && !isOwn) throw new ConsentNeeded('the owner registered another client');
    await this.#save({ client: client as Grant['client'] & {}, redirect_uri: this.redirectUrl });
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.#grant.tokens;
  }

  async saveTokens(tokens: StoredOAuthTokens): Promise<void> {
    const { expires_in: seconds } = tokens;
    const { expires_at: _, ...rest } = this.#grant;
    this.#grant = rest;
    const asked = this.#authorization?.searchParams.get('scope') ?? rest.scope;
    const scope = tokens.scope ?? asked;
    await this.#save({
      tokens: tokens as Grant['tokens'] & {},
      ...(seconds === undefined ? {} : { expires_at: this.#options.now() + seconds * 1000 }),
      ...(scope === undefined ? {} : { scope }),
    });
  }

  redirectToAuthorization(url: URL): void {
    if (this.#options.consent === undefined) throw new ConsentNeeded('a person has to agree');
    this.#authorization = url;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery;
  }

  invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    const { client, tokens, expires_at, ...rest } = this.#grant;
    if (scope === 'tokens') this.#grant = { ...rest, ...(client === undefined ? {} : { client }) };
    if (scope === 'client' || scope === 'all') this.#grant = rest;
  }

  async #save(change: Partial<Grant>): Promise<void> {
    this.#grant = { ...this.#grant, ...change };
    await this.#options.save(this.#grant);
  }
}

/** As the SDK compares them: a slash at the end makes no difference. */
function isSameIssuer(one: string, other = ''): boolean {
  const [left, right] = [one, other].map((each) => each.replace(/\/$/, ''));
  return left === right;
}
