/** A client of an authorization server. Its fields are stored, and named as OAuth names them. */
export type GrantClient = {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly token_endpoint_auth_method?: string;
  /** Who it is known to; absent for one the owner registered until it was used once. */
  readonly issuer?: string;
};

/** What an authorization server gave (RFC 6749 5.1), and who that was. */
export type GrantTokens = {
  readonly access_token: string;
  readonly token_type: string;
  readonly refresh_token?: string;
  readonly scope?: string;
  readonly issuer?: string;
};

/** All that is kept of one login, as one secret of the vault. */
export type Grant = {
  /** Of a client the owner registered; it is never replaced. */
  readonly client_id?: string;
  readonly client_secret?: string;
  /** Where a client metadata document of the owner's stands. */
  readonly client_metadata_url?: string;
  /** The client that was registered on the way, and for which redirect. */
  readonly client?: GrantClient;
  readonly redirect_uri?: string;
  readonly tokens?: GrantTokens;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly expires_at?: number;
  /** What was asked for last, so that asking for more keeps it. */
  readonly scope?: string;
};

const TEXTS = ['client_id', 'client_secret', 'client_metadata_url', 'redirect_uri', 'scope'];

/** Undefined when the text is no grant. */
export function readGrant(text: string): Grant | undefined {
  const grant = objectIn(text);
  if (grant === undefined) return undefined;
  const { tokens, client, expires_at: expires } = grant;
  const isSound =
    TEXTS.every((name) => grant[name] === undefined || typeof grant[name] === 'string') &&
    (expires === undefined || typeof expires === 'number') &&
    (tokens === undefined || typeof Object(tokens).access_token === 'string') &&
    (client === undefined || typeof Object(client).client_id === 'string');
  return isSound ? (grant as Grant) : undefined;
}

/** What may stand in no answer and no message: whatever of it would be believed elsewhere. */
export function secretsOf({ tokens, client, client_secret: secret }: Grant): readonly string[] {
  const all = [tokens?.access_token, tokens?.refresh_token, client?.client_secret, secret];
  return all.filter((each): each is string => each !== undefined && each !== '');
}

/** Whether the token is over, or about to be. */
export function isStale({ expires_at: expires }: Grant, now: number): boolean {
  return expires !== undefined && expires - EARLY_MS <= now;
}

const EARLY_MS = 30_000;

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
