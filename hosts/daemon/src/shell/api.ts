import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { encodeUtf8 } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import {
  type ActionHead,
  type ContractHead,
  keys,
  type OpenHead,
  type PolicyHead,
  subjectOf,
} from '@ioi/law';
import {
  classOf,
  type Explanation,
  type FirewallDecisionReceipt,
  type IsolationTier,
  type LogEntry,
  type NodeStatus,
  type Shown,
  type VerdictCode,
} from '@ioi/protocol';
import { Hono } from 'hono';
import { decidedIn, decisionPayload, receiptIn } from '../core/index.ts';
import type { Backups } from './backups.ts';
import { bodyMost } from './body-most.ts';
import type { Boundary } from './boundary.ts';
import type { Hooks } from './commands/hooks.ts';
import type { Contents } from './contents.ts';
import { proveContinues, proveIncluded } from './continues.ts';
import { addDataRoutes, type DataOptions, type DiskWatch } from './data-api.ts';
import { addDomainRoutes, type DomainRoutes } from './domains/domain-routes.ts';
import { entriesOf } from './entries-of.ts';
import type { Events } from './events.ts';
import { cosignedNote, exportText } from './export.ts';
import { addGraphRoutes } from './graphs/graph-routes.ts';
import type { GraphRuns } from './graphs/graph-runs.ts';
import type { HeadReader } from './head-reader.ts';
import { withoutBodies } from './head-requests.ts';
import { addInboxRoute, waitingTold } from './inbox-api.ts';
import type { Latest } from './latest.ts';
import { logPage } from './log-page.ts';
import type { McpDoor } from './mcp/door.ts';
import { addMcpRoutes, type McpRoutes } from './mcp/mcp-api.ts';
import type { Servers } from './mcp/servers.ts';
import { addMergeRoutes } from './merge/merge-api.ts';
import type { Merges } from './merge/merges.ts';
import type { Metrics } from './metrics/metrics.ts';
import { addModelRoutes } from './models/model-api.ts';
import type { Questions } from './models/questions.ts';
import { addNodeRoutes } from './node-routes.ts';
import { addOnce } from './once.ts';
import { addOpenApiRoute } from './openapi-route.ts';
import type { OrganisationFollower } from './organisation/follower.ts';
import { addOrganisationRoutes } from './organisation/organisation-api.ts';
import { organisationStatus } from './organisation-status.ts';
import { addPauseRoutes } from './pause-routes.ts';
import { addPolicyRoutes, layersNamed } from './policy-api.ts';
import { problem } from './problem.ts';
import type { Proposals } from './proposals.ts';
import { addReadRoutes, type ReadOptions } from './reads/read-routes.ts';
import { addResolveRoutes, type ResolveOptions } from './resolve-api.ts';
import { type RestoreOptions, reconcileById } from './restore.ts';
import { maySee } from './roles/caller.ts';
import { addRoleGuard } from './roles/guard.ts';
import { glassBroken } from './roles/offboarding.ts';
import { addRoleRoutes } from './roles/role-routes.ts';
import { changeFor, outsideEnvelopes, tracesUnder } from './rule-trace.ts';
import { addSearchRoute } from './search-api.ts';
import { addSessionRoutes } from './session-api.ts';
import type { Tickets } from './tickets.ts';
import { addWalletRoutes } from './wallet-api.ts';
import { addRunRoutes } from './web/run-api.ts';
import type { Runs } from './web/runs.ts';
import type { Witnessing } from './witness/witnessing.ts';
import type { WorkbenchDoor } from './workbench/door.ts';
import { addWorkbenchRoutes } from './workbench/routes.ts';
import { addWorkerRoutes, type WorkerRoutes } from './workers/worker-api.ts';
import { addWorkflowRoutes } from './workflows/workflow-routes.ts';
import type { Writer } from './writer.ts';

export type ApiOptions = Omit<WorkerRoutes, 'events'> & {
  readonly about: {
    readonly nodeId: string;
    readonly demo: boolean;
    readonly version: string;
    readonly tier: IsolationTier;
    readonly latest: Latest;
    readonly witnessing: Witnessing;
  };
  readonly reader: HeadReader;
  readonly servers: Servers;
  readonly door: McpDoor;
  readonly runs: Runs;
  readonly hooks: Hooks;
  readonly merges: Merges;
  readonly questions: Questions;
  readonly graphs: GraphRuns;
  readonly tickets: Tickets;
  readonly resolving: ResolveOptions;
  readonly mcp: McpRoutes;
  readonly boundary: Boundary;
  readonly restoring: RestoreOptions;
  readonly follower: OrganisationFollower;
  readonly events: Events;
  readonly contents: Contents;
  readonly data: DataOptions;
  readonly disk: DiskWatch;
  readonly proposals: Proposals;
  /** Where commands note what they did for the node. */
  readonly upkeep: string;
  readonly backups: Backups;
  readonly metrics: Metrics;
  readonly reads: ReadOptions;
  readonly domains: DomainRoutes & { readonly writer: Writer };
  readonly workbench: WorkbenchDoor;
};

/** More than any operation with its payloads, or any list of digests. */
const BODY_BYTES_MAX = 4_000_000;
const OPEN_MAX = 100_000;

/** The node's API on its local socket (protocol/src/http). It reads; it approves nothing. */
export function apiListener(options: ApiOptions): RequestListener {
  return getRequestListener(apiOf(options).fetch);
}

/** Its routes, each an operation of protocol/schemas/openapi.json. */
export function apiOf(options: ApiOptions): Hono {
  const { reader, restoring, about } = options;
  const app = guardedApp(reader);
  addReadRoutes(app, options.reads);
  addDomainRoutes(app, options.domains);
  addDoorRoutes(app, options);
  addPolicyRoutes(app, { ...restoring, proposals: options.proposals });
  addOrganisationRoutes(app, options);
  addWalletRoutes(app, restoring);
  addResolveRoutes(app, options.resolving);
  addMcpRoutes(app, options.mcp);
  addGraphRoutes(app, options.graphs, addWorkflowRoutes(app, options));
  addWorkerRoutes(app, options);
  addStatusRoutes(app, options);
  addListRoutes(app, options);
  app.get('/v1/show/:id', (context) => {
    const id = context.req.param('id');
    const shown = show(reader, id);
    return shown ? context.json(shown) : problem('id.unknown', `nothing is known as ${id}`, 404);
  });
  app.get('/v1/why/:id', (context) => {
    const id = context.req.param('id');
    const why = explainAction(options, id);
    return why ? context.json(why) : problem('id.unknown', `no decision is known as ${id}`, 404);
  });
  app.get('/v1/events', (context) => {
    const last = context.req.header('last-event-id') ?? context.req.query('after');
    const beside = context.req.query('inbox') === 'true' ? waitingTold(options) : undefined;
    const stream = options.events.stream(Number(last) || 0, { ...(beside && { beside }) });
    if (!stream) return problem('events.too_many', 'too many follow events already', 429);
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  });
  app.get('/v1/export', async () => {
    const cosigned = await cosignedNote(reader, about.latest);
    if (!cosigned) return notCosigned();
    const exported = exportText(reader, cosigned, (digest) => options.contents.salted(digest));
    if (!exported.ok) return problem(exported.code, exported.message, 503);
    const type = 'application/jsonl; charset=utf-8';
    return new Response(exported.text, { headers: { 'content-type': type } });
  });
  app.get('/v1/tools/:name', (context) => {
    const name = context.req.param('name');
    const detail = options.servers.detail(name);
    return detail ? context.json(detail) : problem('id.unknown', `no tool named ${name}`, 404);
  });
  app.get('/v1/payload/:digest', (context) => payloadAnswer(options, context.req.param('digest')));
  app.get('/v1/consistency/:size', async (context) => {
    const cosigned = await cosignedNote(reader, about.latest);
    if (!cosigned) return notCosigned();
    const proof = await proveContinues(reader, cosigned, Number(context.req.param('size')));
    return proof ? context.json(proof) : problem('log.shorter', 'the log is not that long', 404);
  });
  app.get('/v1/proof/:seq', (context) => proofAnswer(options, Number(context.req.param('seq'))));
  app.post('/v1/reconcile/:hash', async (context) => {
    const hash = context.req.param('hash') as `sha256:${string}`;
    const found = await reconcileById(hash, restoring);
    if (!found) return problem('action.not_unknown', 'no unknown effect has this hash', 404);
    return context.json({ request_hash: hash, found });
  });
  addDataRoutes(app, options.data);
  app.notFound(() => problem('route.unknown', 'no such route', 404));
  app.onError((fault) => problem('daemon.fault', fault.message, 500));
  return app;
}

/** What every request passes before its route. */
function guardedApp(reader: HeadReader): Hono {
  const app = new Hono().use('*', withoutBodies(), bodyMost(BODY_BYTES_MAX));
  addRoleGuard(app, reader);
  addOnce(app);
  return app;
}

/** The log, what is looked up in it, and what waits. */
function addListRoutes(app: Hono, options: ApiOptions): void {
  app.get('/v1/log', (context) => {
    const page = logPage(options.reader, 'log', context.req.query());
    return page.ok ? context.json(page.value) : problem(page.error.code, page.error.message, 400);
  });
  addSearchRoute(app, options);
  addInboxRoute(app, options);
}

function addStatusRoutes(app: Hono, options: ApiOptions): void {
  app.get('/v1/status', (context) => {
    const { paused, ...status } = statusOf(options);
    const seen = paused.filter((name) => maySee(context, name));
    return context.json({ ...status, paused: seen } satisfies NodeStatus);
  });
  addNodeRoutes(app, options);
}

function addMetricsRoute(app: Hono, metrics: Metrics): void {
  app.get('/metrics', (context) => {
    const { type, text } = metrics.text(context.req.header('accept'));
    return new Response(text, { headers: { 'content-type': type } });
  });
}

/** Whoever comes in beside the sockets, by a ticket, from a sandbox, with a browser; or watches. */
function addDoorRoutes(app: Hono, options: ApiOptions): void {
  const { tickets, door, runs, hooks, merges, questions, metrics, boundary, workbench } = options;
  addMetricsRoute(app, metrics);
  addSessionRoutes(app, tickets);
  addPauseRoutes(app, { door, runs, hooks, boundary });
  addRunRoutes(app, runs);
  addMergeRoutes(app, merges);
  addModelRoutes(app, questions);
  addWorkbenchRoutes(app, workbench);
  addRoleRoutes(app, options);
  addOpenApiRoute(app);
}

/** Against what witnesses cosigned, unless the entry is newer than that or there are none. */
async function proofAnswer(options: ApiOptions, seq: number): Promise<Response> {
  const { reader, about } = options;
  const { witnessed } = about.witnessing;
  const isCovered = witnessed !== undefined && seq < witnessed.size;
  const cosigned = isCovered ? witnessed : await cosignedNote(reader, about.latest);
  if (!cosigned) return notCosigned();
  const proof = await proveIncluded(reader, cosigned, seq);
  if (proof === undefined) return problem('id.unknown', `there is no entry ${seq}`, 404);
  return new Response(proof, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
}

async function payloadAnswer({ reader, contents }: ApiOptions, digest: string): Promise<Response> {
  // The seed of a run stands in what it was given, and is revealed at its end.
  if (contents.isNeeded(digest)) {
    return problem('id.unknown', 'what an open run was given is told when it is over', 404);
  }
  const pieces = (await contents.pieces(digest)) ?? pieceOf(reader.payload(digest));
  if (!pieces) return problem('id.unknown', 'no such payload', 404);
  const type = 'text/plain; charset=utf-8';
  return new Response(ReadableStream.from(pieces), { headers: { 'content-type': type } });
}

function pieceOf(text: string | undefined): Iterable<Uint8Array> | undefined {
  return text === undefined ? undefined : [encodeUtf8(text)];
}

function notCosigned(): Response {
  return problem('export.not_cosigned', 'the cosignature is not there yet; ask again', 503);
}

function statusOf({ about, reader, servers, door, ...more }: ApiOptions): NodeStatus {
  const warning = more.disk.warning();
  const { pauses } = more.boundary;
  const policy = reader.get<PolicyHead>(keys.policy);
  const proposal = more.proposals.told();
  const open = reader.headsOf<OpenHead>('open', '', OPEN_MAX);
  const count = (state: string): number => open.filter((each) => each.value.state === state).length;
  const { nodeId, demo, version, tier, latest, witnessing } = about;
  const cosigned = latest.cosigned.startsWith(latest.note.slice(0, latest.note.indexOf('\n\n')));
  return {
    node_id: nodeId,
    demo,
    version,
    isolation_tier: tier,
    log: {
      size: reader.size,
      note: cosigned ? latest.cosigned : latest.note,
      cosigned,
      key: witnessing.logKey,
      ...(witnessing.witnessed ? { witnessed: witnessing.witnessed } : {}),
    },
    witnesses: witnessing.status(),
    ...(policy ? { policy } : {}),
    ...organisationStatus(reader),
    ...(proposal ? { proposal } : {}),
    servers: servers.status(),
    sessions: door.sessions,
    stopped: pauses.isStopped,
    paused: [...pauses.names],
    ...glassBroken(reader),
    ...(warning === undefined ? {} : { disk_warning: warning }),
    open: {
      pending: count('pending'),
      committed: count('committed'),
      unknown: count('effect_unknown'),
    },
  };
}

function requestHashIn(entries: readonly LogEntry[]): string | undefined {
  for (const entry of entries) {
    const hash = receiptIn(entry)?.body.request_hash;
    if (hash !== undefined) return hash;
  }
  return undefined;
}

function show(reader: HeadReader, id: string): Shown | undefined {
  const found = entriesOf(reader, id);
  if (found.length === 0) return undefined;
  const requestHash = requestHashIn(found);
  if (requestHash === undefined) return { id, entries: found };
  const action = reader.get<ActionHead>(keys.action(requestHash));
  const entries = entriesOf(reader, requestHash);
  const contract =
    action && reader.get<ContractHead>(keys.contract(action.contract_hash))?.contract;
  return {
    id,
    entries,
    ...(action ? { action: { request_hash: requestHash, state: action.state } } : {}),
    ...(contract ? { contract } : {}),
  };
}

function explainAction({ reader, contents }: ApiOptions, id: string): Explanation | undefined {
  const requestHash = requestHashIn(entriesOf(reader, id));
  const entries = requestHash === undefined ? [] : entriesOf(reader, requestHash);
  const entry = entries.findLast((each) => decisionPayload(each) !== undefined);
  const payload = entry && decisionPayload(entry);
  const decided = entry && decidedIn(entry);
  const body = entry && receiptIn(entry)?.body;
  if (!payload || !decided || requestHash === undefined || !body) return undefined;
  const policyHash = 'policy_hash' in body ? body.policy_hash : undefined;
  // The owner's envelope decides without a layer, also under a ceiling.
  const { layer, ceiling_hash }: Partial<FirewallDecisionReceipt> = 'code' in body ? body : {};
  const layers = layersNamed(reader, policyHash, ceiling_hash);
  const contract = reader.get<ContractHead>(keys.contract(payload.contract_hash))?.contract;
  const seen = payload.evidence ?? [];
  const decidedOn = (digest: Digest) => (seen.includes(digest) ? contents.text(digest) : undefined);
  const subject = subjectOf(payload.request, payload.facts, decidedOn);
  return {
    request_hash: requestHash,
    request: payload.request,
    facts: payload.facts,
    code: decided.code,
    class: classOf(decided.code as VerdictCode),
    verdict: decided.verdict,
    ...('observed' in body && body.observed !== undefined ? { observed: body.observed } : {}),
    ...(decided.ruleId === undefined ? {} : { rule_id: decided.ruleId }),
    ...(decided.field === undefined ? {} : { field: decided.field }),
    ...outsideEnvelopes(decided.code, layers, contract),
    ...(policyHash === undefined ? {} : { policy_hash: policyHash }),
    ...(layer === undefined ? {} : { layer }),
    ...(ceiling_hash === undefined ? {} : { ceiling_hash }),
    ...(payload.inspection === undefined ? {} : { inspection: payload.inspection }),
    receipt_id: decided.receiptId,
    rules: tracesUnder(layers, { subject, budgets: reader.budgets() }, layer),
    ...changeFor(layers, {
      ...payload,
      code: decided.code,
      contents: decidedOn,
      budgets: reader.budgets(),
    }),
  };
}
