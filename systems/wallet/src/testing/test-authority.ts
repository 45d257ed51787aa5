import type { ServerResponse } from 'node:http';
import type { Consent } from '../shell/grant-provider.ts';
import { type Bed, makeBed, type Seen, TestServer } from './edge-bed.ts';

export type Trick = 'inside' | 'plain' | 'redirected' | 'issuer';

type Spoken = { readonly id?: number; readonly method: string };

/** As much of MCP (2025-11-25) as a client needs that calls one tool. */
const RESULTS: Readonly<Record<string, object>> = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'mail', version: '1' },
  },
  'tools/list': { tools: [{ name: 'send', inputSchema: { type: 'object' } }] },
  'tools/call': { content: [{ type: 'text', text: 'sent' }] },
};

/** A message of MCP; undefined for anything else. */
function spokenIn(body: string): Spoken | undefined {
  if (!body.includes('"jsonrpc"')) return undefined;
  return JSON.parse(body) as Spoken;
}

/** A server that wants a grant, and the authorization server that gives it, in one place. */
export class TestAuthority {
  readonly asked: URLSearchParams[] = [];
  refreshes = 0;
  refused = 0;
  registrations = 0;
  /** A scope that requests take beyond `mail:read`; `endless` is another each time. */
  wants: string | undefined;
  takesNothing = false;
  echoesRefresh = false;
  lastToken = '';
  readonly #tokens = new Map<string, string>();
  #count = 0;
  #trick: { readonly kind: Trick; readonly elsewhere: string } | undefined;
  #made: TestServer | undefined;

  static async start(): Promise<TestAuthority> {
    const authority = new TestAuthority();
    authority.#made = await TestServer.start((seen, response) => authority.#answer(seen, response));
    return authority;
  }

  get origin(): string {
    return this.#server.origin;
  }

  get server(): { readonly seen: readonly Seen[] } {
    const seen = this.#server.seen.filter(
      ({ path, method }) => path === '/mcp' && method === 'POST',
    );
    return { seen };
  }

  paths(): string[] {
    return this.#server.seen.map(({ path }) => path);
  }

  bed(grant: object, consent?: Consent): Bed {
    const leased = { kind: 'oauth', secret: JSON.stringify(grant) };
    return makeBed(this.#server, leased, consent);
  }

  trick(kind: Trick, elsewhere: string): void {
    this.#trick = { kind, elsewhere };
  }

  revokeTokens(): void {
    this.#tokens.clear();
  }

  close(): void {
    this.#server.close();
  }

  get #server(): TestServer {
    if (this.#made === undefined) throw new Error('it was not started');
    return this.#made;
  }

  #answer(seen: Seen, response: ServerResponse): unknown {
    const url = new URL(seen.path, this.origin);
    const form = new URLSearchParams(seen.body);
    if (url.pathname === '/mcp') return this.#serve(seen, response);
    if (url.pathname.startsWith('/.well-known/oauth-protected-resource')) {
      return this.#tell(response, this.#resource());
    }
    if (url.pathname === '/register') {
      this.registrations += 1;
      const client = { ...JSON.parse(seen.body), client_id: `client-${this.registrations}` };
      return this.#tell(response, { ...client, token_endpoint_auth_method: 'none' }, 201);
    }
    if (url.pathname === '/authorize') return this.#authorise(url.searchParams, response);
    if (url.pathname === '/token') return this.#exchange(form, response);
    if (url.pathname.startsWith('/.well-known/')) return this.#metadata(response);
    return this.#tell(response, {}, 404);
  }

  #resource(): object {
    const plain = { inside: 'http://10.0.0.1', plain: 'http://mcp.example' } as const;
    const { kind } = this.#trick ?? {};
    const server = kind === 'inside' || kind === 'plain' ? plain[kind] : this.origin;
    return { resource: `${this.origin}/mcp`, authorization_servers: [server] };
  }

  #metadata(response: ServerResponse): void {
    const { kind, elsewhere = '' } = this.#trick ?? {};
    if (kind === 'redirected') {
      response.writeHead(302, { location: `${elsewhere}/.well-known/oauth-authorization-server` });
      return void response.end();
    }
    const at = kind === 'issuer' ? elsewhere : this.origin;
    this.#tell(response, {
      issuer: at,
      authorization_endpoint: `${at}/authorize`,
      token_endpoint: `${at}/token`,
      registration_endpoint: `${at}/register`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
    });
  }

  #authorise(asked: URLSearchParams, response: ServerResponse): void {
    this.asked.push(asked);
    const back = new URL(asked.get('redirect_uri') ?? '');
    back.searchParams.set('code', `code ${asked.get('scope') ?? ''}`);
    back.searchParams.set('state', asked.get('state') ?? '');
    response.writeHead(302, { location: back.href }).end();
  }

  #exchange(form: URLSearchParams, response: ServerResponse): unknown {
    const isRefresh = form.get('grant_type') === 'refresh_token';
    if (isRefresh && this.echoesRefresh) {
      const said = `cannot renew ${form.get('refresh_token')}`;
      return this.#tell(response, { error: 'invalid_grant', error_description: said }, 400);
    }
    if (isRefresh) this.refreshes += 1;
    this.#count += 1;
    this.lastToken = `access-${this.#count}-0123456789`;
    const granted = isRefresh ? 'mail:read' : (form.get('code') ?? '').slice('code '.length);
    this.#tokens.set(this.lastToken, granted);
    return this.#tell(response, {
      access_token: this.lastToken,
      token_type: 'Bearer',
      refresh_token: `refresh-${this.#count}-0123456789`,
      expires_in: 3600,
      scope: granted,
    });
  }

  #serve({ headers, body }: Seen, response: ServerResponse): void {
    const token = headers.authorization?.slice('Bearer '.length) ?? '';
    const scope = this.#tokens.get(token);
    const metadata = `resource_metadata="${this.origin}/.well-known/oauth-protected-resource/mcp"`;
    if (scope === undefined || this.takesNothing) {
      this.refused += 1;
      const challenge = `Bearer scope="mail:read", ${metadata}`;
      return void response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    const isLacking = this.wants === 'endless' || this.wants === 'never:granted';
    if (this.wants !== undefined && (isLacking || !scope.split(' ').includes(this.wants))) {
      this.#count += 1;
      const wanted = this.wants === 'endless' ? `more:${this.#count}` : this.wants;
      const challenge = `Bearer error="insufficient_scope", scope="${wanted}", ${metadata}`;
      return void response.writeHead(403, { 'www-authenticate': challenge }).end();
    }
    const spoken = spokenIn(body);
    if (spoken === undefined) return void response.end(`with ${token}`);
    if (spoken.id === undefined) return void response.writeHead(202).end();
    const result = RESULTS[spoken.method];
    this.#tell(response, { jsonrpc: '2.0', id: spoken.id, result });
  }

  #tell(response: ServerResponse, body: object, status = 200): void {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }
}
