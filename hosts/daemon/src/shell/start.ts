import { readFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, Socket } from 'node:net';
import { join } from 'node:path';
import type { ArtifactStore } from '@ioi/agentgres/shell';
import { faultCode } from '@ioi/basis';
import type { GuardianNotice } from '@ioi/guardian';
import { policyCache } from '@ioi/law';
import type { IsolationTier } from '@ioi/protocol';
import { EdgeLine } from '@ioi/wallet/client';
import { apiListener } from './api.ts';
import { Boundary } from './boundary.ts';
import { ConfigFault, type NodeConfig, readConfig } from './config.ts';
import { type DomainHandle, Domains } from './domains/domains.ts';
import { Events } from './events.ts';
import { announceNode } from './governance.ts';
import type { HeadReader } from './head-reader.ts';
import { openContents, startSweeping } from './keeping.ts';
import { asksProvenanceNow, layersNow } from './layers-now.ts';
import { McpDoor } from './mcp/door.ts';
import { openHttp } from './mcp/http-port.ts';
import { Pins } from './mcp/pins.ts';
import { Servers } from './mcp/servers.ts';
import { type OpenNode, openNode } from './open-node.ts';
import { type Reads, startReads } from './reads/start-reads.ts';
import { restoreActions } from './restore.ts';
import { Tickets } from './tickets.ts';
import { Witnesses } from './witness/witnesses.ts';
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
/** Nothing isolates the servers yet: what the node mediates is what it carries. */
const ISOLATION_TIER: IsolationTier = 'mediated';

export type DaemonPaths = {
  readonly home: string;
  readonly apiSocket: string;
  readonly mcpSocket: string;
  /** Whether the supervisor started an edge. */
  readonly hasEdge: boolean;
};

function log(message: string, about: object): void {
  console.error(JSON.stringify({ at: new Date().toISOString(), message, ...about }));
}

function die(code: string, message: string): never {
  log('stopped', { code, reason: message });
  const needsPerson = NEEDS_PERSON.includes(code) || code.startsWith(EPOCH_CODES);
  process.exit(needsPerson ? EXIT_NEEDS_PERSON : 1);
}

/**
 * By what nobody caught: a disk that fails while a store is opened, or a mistake of ours. The next
 * start finds what a person has to look at.
 */
function stopped(fault: Error): never {
  const { message: reason, stack } = fault;
  log('stopped', { code: faultCode(fault, 'daemon.fault'), reason, stack });
  process.exit(1);
}

/** Composition root of the daemon process. Readiness is the API socket answering. */
export async function startDaemon(paths: DaemonPaths): Promise<void> {
  process.on('uncaughtException', stopped);
  const configPath = join(paths.home, 'node.json');
  const config = configOrDie(configPath);
  const data = { folder: join(paths.home, 'data'), channelFd: CHANNEL_FD, store: config.store };
  const node = await openNode(data, die);
  const { writer, reader, latest } = node;
  // An older copy of the log, or a second one, is found here, before anything can be done.
  const { domains, witnessing } = await openDomains({ node, config, folder: data.folder, die });
  const keeping = openContents({ folder: data.folder, configPath, config, node, log });
  const { contents } = keeping;
  const shared = { writer, reader, contents, log };
  const events = new Events();
  const policies = policyCache();
  const servers = new Servers({
    configs: config.servers,
    ...mcpFolders(paths.home, data.folder),
    edge: paths.hasEdge ? openEdge() : undefined,
    ...shared,
    layers: () => layersNow(reader, policies),
    onNotice: (server, notice) => door.told(server, notice),
  });
  const boundary = new Boundary({
    ...shared,
    policies,
    driverFor: (contract) => servers.driverFor(contract),
    isolationTier: ISOLATION_TIER,
    edge: { secret: async () => undefined },
    events,
  });
  const tickets = new Tickets();
  const http = await openHttp(config.mcp_http, data.folder);
  const { node_id: nodeId, demo } = node.status;
  const door = new McpDoor({
    nodeId,
    version: versionOf(),
    boundary,
    servers,
    writer,
    tickets,
    asksProvenance: () => asksProvenanceNow(reader, policies),
    isolationTier: ISOLATION_TIER,
    pendingAnswerMs: config.pending_answer_ms,
    http: http.access,
    log,
  });
  await servers.mount();
  await announceNode({ reader, writer, log });
  const restoring = { ...shared, boundary, servers, seal: () => latest.seal };
  await restoreActions(restoring);
  const reads = startReads({ domains, writer, log });
  node.takeSealed(() => domains.nodeSealed());
  node.takeNotices((notice) => take(notice, { writer, boundary, domains, log }));
  startExpiry(boundary, reader);
  const about = { nodeId, demo, version: versionOf(), tier: ISOLATION_TIER, latest, witnessing };
  const acting = { reader, servers, door, tickets, boundary, restoring, events };
  const resolving = { intents: config.intents, servers, reader, policies };
  const mcp = { ...http, servers, readConfig: () => readConfig(configPath) };
  const reading = { reads, domains: { domains, writer }, mcp };
  const api = apiListener({ about, resolving, ...acting, ...reading, ...keeping });
  await listen(
    createServer((socket) => door.accept(socket)),
    paths.mcpSocket,
  );
  http.serve(door.handle);
  await listen(createHttpServer(api), paths.apiSocket);
  log('ready', { node_id: nodeId, entries: reader.size, recovered: node.recovered });
  startSweeping(keeping, log);
  stopOnSignals({ servers, reads, writer, store: keeping.data.store });
}

function mcpFolders(home: string, data: string) {
  return { runFolder: join(home, 'run'), pins: new Pins(join(data, 'mcp-pins.json')) };
}

/** It breaks when the edge goes; whoever sends then is told so. */
function openEdge(): EdgeLine {
  return new EdgeLine(new Socket({ fd: EDGE_FD, readable: true, writable: true }));
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
  const witnesses = new Witnesses({ targets: config.witnesses, writer, log });
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

type Taking = {
  readonly writer: Writer;
  readonly boundary: Boundary;
  readonly domains: Domains;
  readonly log: (message: string, about: object) => void;
};

/** What people decided at the guardian, and the cosignatures that follow the seals. */
function take(notice: GuardianNotice, taking: Taking): void {
  const { writer, boundary, domains, log } = taking;
  if (notice.kind === 'approved') boundary.approved(notice.request_hash, notice.token);
  if (notice.kind === 'denied') boundary.denied(notice.request_hash, 'denied', notice.note);
  if (notice.kind === 'activation' || notice.kind === 'statement') {
    void writer.submitOperation(notice.operation, notice.payloads).then((result) => {
      if (!result.ok) log('what the owner signed was refused', result.error);
    });
  }
  if (notice.kind === 'cosigned') domains.cosigned(notice.domain, notice.note);
}

/** Requests nobody decided in time end with a receipt of their own. */
function startExpiry(boundary: Boundary, reader: HeadReader): void {
  setInterval(() => {
    for (const call of boundary.waiting()) {
      const expires = reader.expiryOf(call.requestHash);
      if (expires !== undefined && BigInt(Date.now()) > expires) {
        boundary.denied(call.requestHash, 'expired');
      }
    }
  }, EXPIRY_INTERVAL_MS).unref();
}

/** Only this account may connect: the socket's mode says so before anyone can. */
async function listen(server: Server | ReturnType<typeof createHttpServer>, path: string) {
  await rm(path, { force: true });
  const before = process.umask(0o177);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  process.umask(before);
  await chmod(path, 0o600);
}

type Stopping = {
  readonly servers: Servers;
  readonly reads: Reads;
  readonly writer: Writer;
  readonly store: ArtifactStore;
};

function stopOnSignals({ servers, reads, writer, store }: Stopping): void {
  const stop = async (): Promise<void> => {
    await servers.close();
    await reads.close();
    await writer.close();
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
