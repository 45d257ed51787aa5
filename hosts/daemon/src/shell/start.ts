import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { ArtifactStore, Mover } from '@ioi/agentgres/shell';
import { faultCode } from '@ioi/basis';
import { verifierRegistry } from '@ioi/crypto';
import { commandDriver, Sandbox } from '@ioi/drivers/shell';
import { policyCache, type RoutingTable } from '@ioi/law';
import type { IsolationTier, WantedScopes } from '@ioi/protocol';
import { EdgeLine } from '@ioi/wallet/client';
import { InstalledAddOns } from './add-ons/installed-add-ons.ts';
import { openAdmission } from './admission/open-admission.ts';
import { type ApiOptions, apiListener } from './api.ts';
import { requestScopes } from './authority.ts';
import { Boundary, type BoundaryOptions } from './boundary.ts';
import { Hooks } from './commands/hooks.ts';
import { ConfigFault, type NodeConfig, readConfig } from './config.ts';
import { type DomainHandle, Domains } from './domains/domains.ts';
import { Events } from './events.ts';
import { announceNode } from './governance.ts';
import type { GraphRuns } from './graphs/graph-runs.ts';
import type { HeadReader } from './head-reader.ts';
import { openContents, startSweeping } from './keeping.ts';
import { asksProvenanceNow, layersNow } from './layers-now.ts';
import { placed } from './lease-place.ts';
import { listenForClients, listenForOperators } from './listeners.ts';
import { McpDoor } from './mcp/door.ts';
import { type EditOrder, editCall } from './mcp/edit-call.ts';
import { withoutThose } from './mcp/http-access.ts';
import { openHttp } from './mcp/http-port.ts';
import { KeptFile } from './mcp/kept-file.ts';
import { KeptTasks } from './mcp/kept-tasks.ts';
import { Pins } from './mcp/pins.ts';
import { Servers } from './mcp/servers.ts';
import { MergeGate } from './merge/merge-gate.ts';
import { Merges } from './merge/merges.ts';
import { Metrics } from './metrics/metrics.ts';
import { modelsOf } from './models/models-of.ts';
import { Questions } from './models/questions.ts';
import { type OpenNode, openNode } from './open-node.ts';
import { followerIn } from './organisation/follower.ts';
import { witnessesOf } from './organisation/settings.ts';
import { Pauses } from './pauses.ts';
import { probeTier } from './probe-tier.ts';
import { IssuerBook } from './reads/issuer-book.ts';
import { type Reads, startReads } from './reads/start-reads.ts';
import { restoreActions } from './restore.ts';
import { hasLeft, type Offboarding, startOffboarding } from './roles/offboarding.ts';
import { takeNotice } from './take-notice.ts';
import { Tickets } from './tickets.ts';
import { Runs, type RunsOptions } from './web/runs.ts';
import { webOf } from './web/web-of.ts';
import { Witnesses } from './witness/witnesses.ts';
import { WorkbenchDoor } from './workbench/door.ts';
import { filesOf, openWorkers } from './workers/open-workers.ts';
import type { WorkerRuns } from './workers/worker-runs.ts';
import type { Writer } from './writer.ts';
import { NODE_DOMAIN } from './writer-messages.ts';

/** Inherited from the supervisor: the guardian's channel. */
const CHANNEL_FD = 3;
/** And, where a server has a credential, the line to the edge. */
const EDGE_FD = 4;
/** The supervisor does not restart after this one: a person has to look. */
const EXIT_NEEDS_PERSON = 78;
const NEEDS_PERSON = [
  'log.seal_rolled_back',
  'log.behind_seal',
  'log.differs_from_seal',
  'log.damaged',
  'log.other_modules',
  'recover.log_damaged',
  'log.heads_damaged',
  'store.refused',
  'store.not_durable',
  'store.newer_format',
  'log.rolled_back',
  'log.forked',
  'config.invalid',
];
/** A change of epoch that does not hold is not tried again either. */
const EPOCH_CODES = 'epoch.';
const EXPIRY_INTERVAL_MS = 15_000;

export type DaemonPaths = {
  readonly home: string;
  readonly apiSocket: string;
  readonly mcpSocket: string;
  /** Whether the supervisor started an edge. */
  readonly hasEdge: boolean;
  /** The `ioi` of this installation, where the supervisor said it. */
  readonly program: string | undefined;
};

function log(message: string, about: object): void {
  console.error(JSON.stringify({ at: new Date().toISOString(), message, ...about }));
}

function die(code: string, message: string): never {
  log('stopped', { code, reason: message });
  process.exit(exitCodeOf(code));
}

function exitCodeOf(code: string): number {
  const needsPerson = NEEDS_PERSON.includes(code) || code.startsWith(EPOCH_CODES);
  return needsPerson ? EXIT_NEEDS_PERSON : 1;
}

/**
 * By what nobody caught: a disk that fails while a store is opened, or a mistake of ours. The next
 * start finds what a person has to look at.
 */
function stopped(fault: Error): never {
  const { message: reason, stack } = fault;
  const code = faultCode(fault, 'daemon.fault');
  log('stopped', { code, reason, stack });
  process.exit(exitCodeOf(code));
}

/** Tried once, and told: what opens later is the doing of root. */
function tierOf({ home, program }: DaemonPaths): IsolationTier {
  const { tier, why } = probeTier(home, program);
  log('isolation', { tier, ...(why === '' ? {} : { why }) });
  return tier;
}

/** Composition root of the daemon process. Readiness is the API socket answering. */
export async function startDaemon(paths: DaemonPaths): Promise<void> {
  process.on('uncaughtException', stopped);
  const configPath = join(paths.home, 'node.json');
  const config = configOrDie(configPath);
  const data = dataOf(join(paths.home, 'data'), config);
  const node = await openNode(data, die);
  const { writer, reader, latest } = node;
  // An older copy of the log, or a second one, is found here, before anything can be done.
  const { domains, witnessing } = await openDomains({ node, config, folder: data.folder, die });
  const keeping = openContents({ ...paths, folder: data.folder, configPath, config, node, log });
  const [tier, events] = [tierOf(paths), new Events()];
  const shared = { writer, reader, contents: keeping.contents, log, isolationTier: tier };
  const [policies, reached] = [policyCache(), reaching(paths, node)];
  const gate = new MergeGate(join(paths.home, 'kept'));
  const sandbox = new Sandbox({ hidden: [paths.home] });
  const servers = new Servers({
    configs: config.servers,
    ...mcpFolders(dirname(paths.mcpSocket), data.folder),
    sandbox,
    ...reached,
    ...shared,
    web: webOf({ ...reached, contents: keeping.contents }, { reader, policies }, keeping.spool),
    merge: gate,
    files: filesOf(keeping.contents, (request) => working.workers.folderOf(request)),
    command: commandDriver((id) => runs.folderOf(id) ?? hooks.folderOf(id)),
    layers: () => layersNow(reader, policies),
    onNotice: (server, notice) => door.told(server, notice),
  });
  const routing = () => readConfig(configPath).models ?? {};
  const models = modelsOf(routing, { ...reached, contents: keeping.contents }, servers);
  const boundary = openBoundary({ ...shared, policies, events, ...models }, data.folder);
  const [tickets, http] = [new Tickets(), await openHttp(config.mcp_http, data.folder)];
  const { node_id: nodeId, demo } = node.status;
  const tasks = openTasks(data.folder, reader, keeping);
  const calling = { boundary, servers, asksProvenance: () => asksProvenanceNow(reader, policies) };
  const open = { tickets, http, tasks, gate, routing, isolationTier: tier };
  const through = { node, config, hasEdge: reached.edge !== undefined, ...calling, ...open };
  const doors = openDoors(through, keeping, dirname(paths.mcpSocket));
  const { door, hooks, runs, merges, questions } = doors;
  const machine = { home: paths.home, folder: data.folder, sandbox, routing, gate, merges };
  const own = { nodeId, events, config: config.execution };
  const working = openWorkers({ ...shared, ...calling, ...machine, ...own });
  const addOns = new InstalledAddOns({ ...shared, nodeId, folder: data.folder });
  await servers.mount(addOns.servers(config.servers));
  await announceNode({ reader, writer, log });
  const restoring = { ...shared, ...models, boundary, servers, seal: () => latest.seal };
  for (const each of [working.workers, working.graphs]) each.recall();
  await restoreActions(restoring);
  const reads = startReads({ domains, writer, issuers: openIssuers(data.folder, reader), log });
  node.takeSealed(() => domains.nodeSealed());
  const edit = (order: EditOrder) => editCall(order, { ...shared, ...calling });
  node.takeNotices((notice) => takeNotice(notice, { ...shared, boundary, domains, edit }));
  startExpiry(boundary, { ...shared, tokens: http.tokens, door });
  const about = { nodeId, demo, version: versionOf(), tier, latest, witnessing };
  const sides = { door, runs, hooks, merges, questions, events, tickets };
  const acting = { reader, servers, ...sides, boundary, restoring };
  const resolving = { intents: config.intents, servers, reader, policies };
  const mcp = { ...http, servers, door, addOns, configured: () => readConfig(configPath).servers };
  const reading = { reads, domains: { domains, writer }, mcp };
  const metrics = new Metrics({ about, ...acting, writer, disk: keeping.disk });
  const told = { about, resolving, metrics, ...acting, ...fromOutside(config, shared, data) };
  const api = apiListener({ ...told, ...working, ...reading, ...keeping });
  await listenForClients(paths.mcpSocket, doors, http);
  await openAdmission({ home: paths.home, store: data.store, domains, reader, log });
  await listenForOperators({ config, ...told, api, at: paths.apiSocket, log });
  log('ready', { node_id: nodeId, entries: reader.size, recovered: node.recovered });
  startSweeping(keeping, log);
  await goOn({ ...working, follower: told.follower });
  stopOnSignals({ servers, runs, ...working, reads, writer, ...keeping.data });
}

type GoingOn = ReturnType<typeof openWorkers> & Pick<ApiOptions, 'follower'>;

/** What the last stop left in its midst, once executors can connect. */
async function goOn({ follower, execution, workers, graphs }: GoingOn): Promise<void> {
  follower.start();
  await execution.listen();
  workers.resume();
  graphs.resume();
}

function dataOf(folder: string, { store }: NodeConfig) {
  return { folder, channelFd: CHANNEL_FD, store: placed(store, folder) };
}

type Deciding = Omit<BoundaryOptions, 'edge' | 'pauses'>;

function openBoundary(deciding: Deciding, folder: string): Boundary {
  return new Boundary({
    ...deciding,
    pauses: new Pauses(new KeptFile(join(folder, 'paused.json'))),
    edge: { secret: async () => undefined },
  });
}

function openIssuers(folder: string, reader: HeadReader): IssuerBook {
  const chainTime = (): bigint => BigInt(reader.chainTime());
  const registry = verifierRegistry();
  return new IssuerBook({ folder: join(folder, 'session-issuers'), registry, chainTime });
}

function openTasks(folder: string, reader: HeadReader, keeping: ReturnType<typeof openContents>) {
  const { contents, data } = keeping;
  return new KeptTasks({
    path: join(folder, 'mcp-tasks.json'),
    reader,
    contents,
    store: data.store,
    log,
  });
}

function mcpFolders(runFolder: string, data: string) {
  return { runFolder, pins: new Pins(join(data, 'mcp-pins.json')) };
}

/** The edge, where one runs, and what it is shown of a sealed action. */
function reaching({ hasEdge }: DaemonPaths, node: OpenNode) {
  const edge = hasEdge ? openEdge() : undefined;
  return { edge, proof: (seq: bigint) => sealProof(seq, node) };
}

/** The newest note covers whatever was sealed before it. */
async function sealProof(seq: bigint, { reader, latest }: OpenNode) {
  const { note, seal } = latest;
  return { note, included: await reader.included(Number(seq), seal?.size ?? 0) };
}

/** It breaks when the edge goes; whoever sends then is told so. */
function openEdge(): EdgeLine {
  return new EdgeLine(new Socket({ fd: EDGE_FD, readable: true, writable: true }));
}

type Through = {
  readonly node: OpenNode;
  readonly config: NodeConfig;
  readonly boundary: Boundary;
  readonly servers: Servers;
  readonly asksProvenance: () => boolean;
  readonly tickets: Tickets;
  readonly http: Awaited<ReturnType<typeof openHttp>>;
  readonly tasks: KeptTasks;
  readonly hasEdge: boolean;
  readonly isolationTier: IsolationTier;
  readonly gate: MergeGate;
  readonly routing: () => RoutingTable;
};

/** For clients of MCP, and for what programs in a sandbox ask for over HTTP. */
function openDoors(
  { node, config, tickets, http, tasks, hasEdge, ...through }: Through,
  { spool, contents }: Pick<ReturnType<typeof openContents>, 'spool' | 'contents'>,
  folder: string,
) {
  const { reader, writer, status } = node;
  const { node_id: nodeId } = status;
  const shared = {
    ...through,
    spool,
    contents,
    writer,
    nodeId,
    pendingAnswerMs: config.pending_answer_ms,
  };
  const askForScopes = (wanted: WantedScopes) => requestScopes(wanted, { reader, writer });
  const access = withoutThose((principal) => hasLeft(reader, principal), http.access);
  const about = { version: versionOf(), tickets, askForScopes, http: access, tasks, log };
  const door = new McpDoor({ ...shared, ...about });
  const acceptMcp: RunsOptions['acceptMcp'] = (socket, session) => door.accept(socket, session);
  const runs = new Runs({ ...shared, reader, folder, hasEdge, acceptMcp });
  const asking = { hooks: new Hooks(shared), questions: new Questions(shared) };
  return { door, runs, merges: new Merges(shared), ...asking };
}

type OpeningDomains = {
  readonly node: OpenNode;
  readonly config: NodeConfig;
  readonly folder: string;
  readonly die: (code: string, message: string) => never;
};

/** The node's own log, as its witnesses admit it, and the domains beside it. */
async function openDomains({ node, config, folder, die }: OpeningDomains) {
  const { writer, reader, latest, status } = node;
  const { domain_id: domainId, origin } = status;
  const own: DomainHandle = { domainId, origin, slot: NODE_DOMAIN, reader, latest };
  const witnesses = new Witnesses({ targets: witnessesOf(config, reader), writer, log });
  const admitted = await witnesses.admit(own);
  if (!admitted.ok) return die(admitted.error.code, admitted.error.message);
  const domains = new Domains({
    writer,
    folder,
    node: own,
    witnesses,
    openMax: config.open_domains_max,
  });
  witnesses.takeContradictions((id, { code, message }) => {
    if (id === domainId) die(code, message);
    domains.refuse(id, { code, message });
  });
  node.takeDomainSeals((sealed) => domains.sealed(sealed));
  return { domains, witnessing: admitted.value };
}

function configOrDie(path: string) {
  try {
    return readConfig(path);
  } catch (fault) {
    const code = fault instanceof ConfigFault ? fault.code : 'config.unreadable';
    return die(code, fault instanceof Error ? fault.message : String(fault));
  }
}

type Following = Parameters<typeof followerIn>[1];

/** The door of browsers, and of people where node.json lets them; and what an organisation says. */
function fromOutside(
  { people }: NodeConfig,
  shared: Following,
  { folder }: { readonly folder: string },
) {
  return { workbench: new WorkbenchDoor({ people }), follower: followerIn(folder, shared) };
}

/** Requests nobody decided in time end with a receipt of their own, as sign-ins do. */
function startExpiry(boundary: Boundary, offboarding: Offboarding): void {
  const { reader } = offboarding;
  startOffboarding(offboarding);
  setInterval(() => {
    for (const call of boundary.waiting()) {
      const expires = reader.expiryOf(call.requestHash);
      if (expires !== undefined && BigInt(Date.now()) > expires) {
        boundary.denied(call.requestHash, 'expired');
      }
    }
  }, EXPIRY_INTERVAL_MS).unref();
}

type Stopping = {
  readonly servers: Servers;
  readonly runs: Runs;
  readonly workers: WorkerRuns;
  readonly graphs: GraphRuns;
  readonly execution: { close(): void };
  readonly reads: Reads;
  readonly writer: Writer;
  readonly store: ArtifactStore;
  readonly mover: Mover;
};

function stopOnSignals({ servers, runs, workers, graphs, reads, ...stopping }: Stopping): void {
  const { writer, store, mover } = stopping;
  const stop = async (): Promise<void> => {
    runs.closeAll();
    graphs.suspend();
    workers.suspend();
    stopping.execution.close();
    await servers.close();
    await reads.close();
    mover.stop();
    await writer.close();
    await store.away.close();
    store.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

function versionOf(): string {
  const url = new URL('../../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}
