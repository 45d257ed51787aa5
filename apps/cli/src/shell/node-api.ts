import type { IncomingMessage } from 'node:http';
import { digestBytes } from '@ioi/canon';
import type { ParamChange } from '@ioi/law';
import type {
  AcceptedBundle,
  ConsistencyProof,
  DataOverview,
  DataReceipt,
  EffectivePolicy,
  EffectiveQuestion,
  Explanation,
  IntentDefinition,
  IntentResolutionRequest,
  IntentRoute,
  LogPage,
  McpPage,
  NodeStatus,
  PolicyBundleFile,
  ProjectionsPage,
  QueryAnswer,
  QueryRequest,
  SandboxState,
  SearchPage,
  SelectedContents,
  ServerStatus,
  Shown,
  ToolDetail,
} from '@ioi/protocol';
import type { Approvers } from '../core/approver-view.ts';
import type { ListenerStatus, MatchCode } from '../core/listener-view.ts';
import type { OpenApiDocument } from '../core/operation-rows.ts';
import type { PendingItem } from '../core/pending-view.ts';
import type { PolicyReview, StepUpStanding } from '../core/policy-review.ts';
import { DomainApi } from './domain-api.ts';
import type { Sockets } from './home.ts';
import { callLocal, openLocal, openStream, textOf } from './local-http.ts';

/** The daemon's API on daemon.sock (protocol/src/http). It reads; it can approve nothing. */
export class DaemonApi {
  readonly #socket: string;

  constructor({ daemon }: Sockets) {
    this.#socket = daemon;
  }

  status(timeoutMs?: number): Promise<NodeStatus> {
    const limit = timeoutMs === undefined ? {} : { timeoutMs };
    return callLocal({ socket: this.#socket, method: 'GET', path: '/v1/status', ...limit });
  }

  openApi(): Promise<OpenApiDocument> {
    return this.#get('/v1/openapi.json');
  }

  /** As a Prometheus server reads it. */
  async metrics(): Promise<string> {
    const call = { socket: this.#socket, method: 'GET', path: '/metrics' } as const;
    return textOf(await openStream(call));
  }

  log(query: { before?: string; after?: string; limit: number }): Promise<LogPage> {
    const { limit, ...place } = query;
    const parameters = new URLSearchParams({ ...place, limit: String(limit) });
    return this.#get(`/v1/log?${parameters}`);
  }

  search({ q, limit, cursor }: { q: string; limit: number; cursor: string | undefined }) {
    return this.#get<SearchPage>(withParameters('/v1/search', { q, limit: String(limit), cursor }));
  }

  show(id: string): Promise<Shown> {
    return this.#get(`/v1/show/${encodeURIComponent(id)}`);
  }

  why(id: string): Promise<Explanation> {
    return this.#get(`/v1/why/${encodeURIComponent(id)}`);
  }

  acceptBundle(file: PolicyBundleFile): Promise<AcceptedBundle> {
    return this.#post('/v1/policy/bundle', file);
  }

  /** The layers in force; with a question also what they say of it. */
  effectivePolicy(question?: EffectiveQuestion): Promise<EffectivePolicy> {
    const path = '/v1/policy/effective';
    return question === undefined ? this.#get(path) : this.#post(path, question);
  }

  tool(name: string): Promise<ToolDetail> {
    return this.#get(`/v1/tools/${encodeURIComponent(name)}`);
  }

  /** A link to the Workbench that lets one tab in, once and soon. */
  openWorkbench(): Promise<{ readonly url: string }> {
    return this.#post('/v1/workbench', {});
  }

  closeWorkbench(): Promise<unknown> {
    return callLocal({ socket: this.#socket, method: 'DELETE', path: '/v1/workbench' });
  }

  /** A session for what a person wants, which the next connection joins by its ticket. */
  openSession(objective: string): Promise<{ readonly ticket: string }> {
    const path = '/v1/sessions';
    return callLocal({ socket: this.#socket, method: 'POST', path, body: { objective } });
  }

  /** MCP servers and how they are, and where clients reach the node over HTTP. */
  sandbox(): Promise<SandboxState> {
    return this.#get('/v1/mcp/sandbox');
  }

  mcp(): Promise<McpPage> {
    return this.#get('/v1/mcp');
  }

  /** Reads node.json again: mounts what is new, ends what is gone. */
  reloadServers(): Promise<McpPage> {
    return this.#post('/v1/mcp/reload', {});
  }

  testServer(name: string): Promise<ServerStatus> {
    return this.#post(`/v1/mcp/servers/${encodeURIComponent(name)}/test`, {});
  }

  /** `said`: the digest of what was shown. */
  acceptServer(name: string, said: string): Promise<ServerStatus> {
    return this.#post(`/v1/mcp/servers/${encodeURIComponent(name)}/accept`, { said });
  }

  tokens(): Promise<{ readonly tokens: readonly { name: string; created: string }[] }> {
    return this.#get('/v1/mcp/tokens');
  }

  issueToken(name: string): Promise<{ readonly token: string; readonly url?: string }> {
    return this.#post(`/v1/mcp/tokens/${encodeURIComponent(name)}`, {});
  }

  revokeToken(name: string): Promise<{ readonly name: string }> {
    const path = `/v1/mcp/tokens/${encodeURIComponent(name)}`;
    return callLocal({ socket: this.#socket, method: 'DELETE', path });
  }

  intents(): Promise<{ readonly intents: readonly IntentDefinition[] }> {
    return this.#get('/v1/intents');
  }

  resolve(request: IntentResolutionRequest): Promise<IntentRoute> {
    return callLocal({ socket: this.#socket, method: 'POST', path: '/v1/resolve', body: request });
  }

  /** That the log continues what it was at a size. */
  consistency(size: number): Promise<ConsistencyProof> {
    return this.#get(`/v1/consistency/${size}`);
  }

  /** A content with its salt, or a policy, if it is the one the digest names. */
  async payload(digest: string): Promise<string | undefined> {
    const path = `/v1/payload/${encodeURIComponent(digest)}`;
    const response = await openLocal({ socket: this.#socket, method: 'GET', path });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    return response.statusCode === 200 && digestBytes(text) === digest ? text : undefined;
  }

  data(): Promise<DataOverview> {
    return this.#get('/v1/data');
  }

  selectContents(terms: readonly string[]): Promise<SelectedContents> {
    return this.#post('/v1/data/select', { terms });
  }

  forget(digests: readonly string[], reason: string): Promise<DataReceipt> {
    return this.#post('/v1/data/forget', { digests, reason });
  }

  setHold(
    operation: 'hold' | 'release',
    digests: readonly string[],
    matter: string,
  ): Promise<DataReceipt> {
    return this.#post(`/v1/data/${operation}`, { digests, matter });
  }

  retain(change: {
    readonly artifact_class: string;
    readonly keep_days?: number;
    readonly max_bytes?: number;
  }): Promise<{ readonly keep_days: number; readonly max_bytes: number }> {
    return this.#post('/v1/data/retain', change);
  }

  reconcile(requestHash: string): Promise<{ readonly found: string }> {
    const path = `/v1/reconcile/${encodeURIComponent(requestHash)}`;
    return callLocal({ socket: this.#socket, method: 'POST', path, timeoutMs: 120_000 });
  }

  /** The export file's text as it comes, or a problem: the status says which. */
  export(): Promise<IncomingMessage> {
    const path = '/v1/export';
    return openLocal({ socket: this.#socket, method: 'GET', path, timeoutMs: 600_000 });
  }

  get domains(): DomainApi {
    return new DomainApi(this.#socket);
  }

  /** Of a domain; the node's own without one. So is everything below. */
  projections(domain?: string): Promise<ProjectionsPage> {
    return this.#get(withParameters('/v1/projections', { domain }));
  }

  define(definition: object, domain?: string): Promise<NamedProjection> {
    return this.#post(withParameters('/v1/projections', { domain }), definition);
  }

  remove(projection: string, domain?: string): Promise<NamedProjection> {
    const path = withParameters('/v1/projections', { projection, domain });
    return callLocal({ socket: this.#socket, method: 'DELETE', path });
  }

  /** Folds a projection again beside the one that serves. */
  rebuild(projection: string, domain?: string): Promise<NamedProjection> {
    const path = withParameters('/v1/projections/rebuild', { projection, domain });
    return callLocal({ socket: this.#socket, method: 'POST', path });
  }

  query(body: QueryRequest): Promise<QueryAnswer> {
    const path = '/v1/query';
    return callLocal({ socket: this.#socket, method: 'POST', path, body, timeoutMs: 90_000 });
  }

  /** Server-sent events of a projection, from a resume token on when there is one. */
  subscribe({ where, ...about }: Subscribing): Promise<IncomingMessage> {
    const path = withParameters('/v1/subscribe', { ...about, where: JSON.stringify(where) });
    return openStream({ socket: this.#socket, method: 'GET', path, timeoutMs: 60_000 });
  }

  #post<T>(path: string, body: object): Promise<T> {
    return callLocal<T>({ socket: this.#socket, method: 'POST', path, body, timeoutMs: 600_000 });
  }

  #get<T>(path: string): Promise<T> {
    return callLocal<T>({ socket: this.#socket, method: 'GET', path });
  }
}

export type Subscribing = {
  readonly domain: string | undefined;
  readonly projection: string;
  readonly where: object;
  readonly resume: string | undefined;
};

type NamedProjection = { readonly projection: string };

/** A path with those parameters that are there. */
function withParameters(path: string, given: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs)}`;
}

export type GuardianStatus = {
  readonly node_id: string;
  readonly demo: boolean;
  readonly policy: {
    readonly policy_id: string;
    readonly policy_hash: string;
    readonly version: string;
  } | null;
};

export type Approved = {
  readonly standing?: {
    readonly needs: { readonly factors: number; readonly out_of_band: boolean };
    readonly signed: readonly string[];
  };
};

export type ListenerAsked = {
  readonly name: string;
  readonly port: number;
  readonly address?: string;
  /** At the relay that the node joined, and nowhere else. */
  readonly relay?: boolean;
  /** PEM, as are both. */
  readonly cert: string;
  readonly key: string;
};

/** The guardian's own stream on guardian.sock: passphrases go here and nowhere else. */
export class GuardianApi {
  readonly #socket: string;

  constructor({ guardian }: Sockets) {
    this.#socket = guardian;
  }

  status(): Promise<GuardianStatus> {
    return callLocal({ socket: this.#socket, method: 'GET', path: '/status' });
  }

  async pending(): Promise<readonly PendingItem[]> {
    const call = { socket: this.#socket, method: 'GET', path: '/pending' } as const;
    return (await callLocal<{ pending: readonly PendingItem[] }>(call)).pending;
  }

  launchPage(): Promise<{ readonly url: string }> {
    return this.#post('/page/launch', {});
  }

  /** Where other devices reach the page, if the owner opened that. */
  listener(): Promise<ListenerStatus> {
    return callLocal({ socket: this.#socket, method: 'GET', path: '/listener' });
  }

  openListener(asked: ListenerAsked, passphrase: string): Promise<ListenerStatus> {
    return this.#post('/listener/open', { ...asked, passphrase });
  }

  stopListener(): Promise<ListenerStatus> {
    return this.#post('/listener/stop', {});
  }

  /** A link that enrols one device, once and soon. */
  inviteDevice(label: string, acts_as: readonly string[]): Promise<{ readonly url: string }> {
    return this.#post('/device/invite', { label, acts_as });
  }

  confirmDevice(code: string, passphrase: string): Promise<{ factor_id: string; label: string }> {
    return this.#post('/device/confirm', { code, passphrase });
  }

  /** What devices that are signed in have to be told of a request of high risk. */
  async matchCodes(request_hash: string): Promise<readonly MatchCode[]> {
    type Codes = { readonly codes: readonly MatchCode[] };
    return (await this.#post<Codes>('/device/codes', { request_hash })).codes;
  }

  approvers(): Promise<Approvers> {
    return callLocal({ socket: this.#socket, method: 'GET', path: '/approvers' });
  }

  /** Either decided, or how many more it takes. */
  approve(request_hash: string, passphrase: string): Promise<Approved> {
    return this.#post('/approve', { request_hash, passphrase });
  }

  /** Another act in its place: what it is then, and how it was decided. */
  edit(
    request_hash: string,
    changes: readonly ParamChange[],
    passphrase: string,
  ): Promise<{ readonly request_hash: string; readonly verdict: string }> {
    return this.#post('/edit', { request_hash, changes, passphrase });
  }

  /** Until when it waits then, in Chain Time. */
  extend(
    request_hash: string,
    more_ms: string,
    passphrase: string,
  ): Promise<{ readonly request_hash: string; readonly expires: string }> {
    return this.#post('/extend', { request_hash, more_ms, passphrase });
  }

  /** What a group signs to approve this. */
  draftForGroup(request_hash: string): Promise<object> {
    return this.#post('/approve/draft', { request_hash });
  }

  approveSigned(draft: object, signature: unknown): Promise<Approved> {
    return this.#post('/approve/signed', { draft, signature });
  }

  deny(request_hash: string, passphrase: string, note?: string): Promise<unknown> {
    const about = note === undefined ? {} : { note };
    return this.#post('/deny', { request_hash, passphrase, ...about });
  }

  review(policy: string): Promise<PolicyReview> {
    return this.#post('/policy/review', { policy });
  }

  activate(policy: string, passphrase: string): Promise<PolicyReview & { confirm?: string }> {
    return this.#post('/policy/activate', { policy, passphrase });
  }

  stepUp(request_hash: string): Promise<StepUpStanding> {
    return this.#post('/policy/standing', { request_hash });
  }

  #post<T>(path: string, body: object): Promise<T> {
    return callLocal<T>({ socket: this.#socket, method: 'POST', path, body, timeoutMs: 60_000 });
  }
}
