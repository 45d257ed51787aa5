import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import {
  acceptCommand,
  type BodySpool,
  makeAuthority,
  PushReader,
  SpoolShare,
  type WebDoor,
  webDoor,
} from '@ioi/gateway/shell';
import { MODELS_PLACE, RECORD_RUN_OPERATION } from '@ioi/law';
import type {
  EnforcementCoverage,
  Rejection,
  RunAsked,
  RunLeft,
  RunOpened,
  RunPortTold,
  RunRecorded,
  RunSummary,
  View,
} from '@ioi/protocol';
import { placeholderOf } from '@ioi/wallet/client';
import { RunCommands } from '../commands/command-backend.ts';
import { listenAt } from '../listen-at.ts';
import { Session } from '../mcp/session.ts';
import { RunCommits } from './run-commits.ts';
import { type ModelsOptions, RunModels } from './run-models.ts';
import { RunPorts } from './run-ports.ts';
import { coverageOf, RunRecord } from './run-record.ts';
import { RunBackend } from './web-backend.ts';

export type RunsOptions = ModelsOptions & {
  /** Each run has a share of it. */
  readonly spool: BodySpool;
  readonly nodeId: string;
  readonly reader: View;
  /** Where sockets of doors are made; short enough for one. */
  readonly folder: string;
  /** Whether anybody is there who puts secrets in. */
  readonly hasEdge: boolean;
  /** Serves MCP in a session that is there already. */
  readonly acceptMcp: (socket: Socket, session: Session) => void;
};

/** Why none is opened. */
export type RunRefusal = 'run.too_many' | 'edge.missing' | 'model.unknown_route';

const MOST_RUNS = 64;

type Run = {
  readonly session: Session;
  readonly record: RunRecord;
  readonly commits: RunCommits;
  readonly ports: RunPorts;
  /** Aborted when it is over. */
  readonly over: AbortController;
  readonly hosts: readonly string[];
  readonly doors: readonly WebDoor[];
  readonly servers: readonly Server[];
  readonly sockets: readonly string[];
  /** Of MCP and of shells, as long as they last. */
  readonly clients: Set<Socket>;
  /** What commands of its shells are read against; undefined where those do not ask. */
  readonly folder: string | undefined;
};

export type RunsCoverage = {
  readonly open: readonly EnforcementCoverage[];
  readonly ended: Readonly<Record<'recorded' | 'bounded', number>>;
};

export type RunConnected = {
  readonly runId: string;
  readonly session: Session;
  readonly hosts: readonly string[];
  readonly coverage: EnforcementCoverage;
};

/** Each of its receipts says in whose name it acts, and so that nobody checked what holds it. */
function agentIdOf(node: string, { name, isolation_declared: declared }: RunAsked): string {
  return `agent://${node}/${declared === undefined ? 'run' : `declared/${declared}`}/${name}`;
}

/** Programs in a sandbox, as long as whoever started them is there. */
export class Runs {
  readonly #options: RunsOptions;
  readonly #runs = new Map<string, Run>();
  readonly #pushes = new PushReader();
  readonly #ended = { recorded: 0, bounded: 0 };

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /** With a door, an authority and a session of its own. */
  async open(asked: RunAsked): Promise<Result<RunOpened, RunRefusal>> {
    const { hosts, credentials = [], overlay: isOverlay = false } = asked;
    const { shell_in, models = [], isolation_declared: declared } = asked;
    const refusal = this.#refusalOf(asked);
    if (refusal !== undefined) return err(refusal);
    const { nodeId, boundary } = this.#options;
    const isPassing = models.length > 0;
    const nodeName = nodeId.slice('node://'.length);
    const runId = `run_${randomBytes(16).toString('hex')}`;
    const session = new Session(agentIdOf(nodeName, asked), undefined);
    const how = { isOverlay, isAsking: shell_in !== undefined, isPassing, declared };
    const record = new RunRecord(how);
    const standing = credentials.map((each) => ({
      ...each,
      placeholder: placeholderOf(randomBytes(20).toString('hex')),
    }));
    const spool = new SpoolShare(this.#options.spool);
    const options = { ...this.#options, spool };
    const authority = makeAuthority();
    const reading = { pushes: this.#pushes, spool };
    const { agent_id, session_id = '' } = session.origin;
    const commits = new RunCommits(this.#options, { run_id: runId, agent_id, session_id });
    const backend = new RunBackend(options, { session, hosts, standing, record, commits });
    const door = webDoor(backend, authority, reading);
    const asking = new RunModels(options, { session, models, record });
    const modelsDoor = webDoor(asking, authority, reading);
    const server = createServer((connection) => door.accept(connection));
    const clients = new Set<Socket>();
    const mcpServer = createServer((connection) => {
      clients.add(connection.once('close', () => clients.delete(connection)));
      this.#options.acceptMcp(connection, session);
    });
    const ofRun = { session, record, clients };
    const listening = {
      web: server,
      mcp: mcpServer,
      ...(shell_in === undefined ? {} : { sh: this.#shellServer(ofRun, shell_in) }),
      ...(isPassing
        ? { llm: createServer((connection) => modelsDoor.accept(connection, MODELS_PLACE)) }
        : {}),
    };
    const named = this.#socketsFor(runId);
    const [servers, sockets] = [Object.values(listening), Object.keys(listening).map(named)];
    const doors = [door, modelsDoor];
    const at = { servers, sockets, clients, folder: shell_in };
    const ports = new RunPorts(this.#options, { session, record });
    const own = { commits, ports, over: new AbortController() };
    this.#runs.set(runId, { session, record, ...own, hosts, doors, ...at });
    boundary.arrived(session.origin.session_id);
    try {
      for (const [at, each] of servers.entries()) await listenAt(each, sockets[at] ?? '');
    } catch (fault) {
      // One that never opened would take the place of another for ever.
      this.close(runId);
      throw fault;
    }
    const placeholders = Object.fromEntries(
      standing.map(({ name: secret, placeholder }) => [secret, placeholder]),
    );
    const { certificate } = authority;
    const about = { run_id: runId, certificate, placeholders };
    return ok({
      ...{ ...about, socket: named('web'), mcp_socket: named('mcp') },
      ...(shell_in === undefined ? {} : { shell_socket: named('sh') }),
      ...(isPassing ? { models_socket: named('llm') } : {}),
    });
  }

  #refusalOf({ credentials = [], models = [] }: RunAsked): RunRefusal | undefined {
    const { hasEdge, routing } = this.#options;
    if (this.#runs.size >= MOST_RUNS) return 'run.too_many';
    if (credentials.length > 0 && !hasEdge) return 'edge.missing';
    const table = models.length > 0 ? routing() : {};
    const isKnown = models.every(({ route }) => Object.hasOwn(table, route));
    return isKnown ? undefined : 'model.unknown_route';
  }

  #socketsFor(runId: string): (door: string) => string {
    const { folder } = this.#options;
    return (door) => join(folder, `${door}-${runId.slice(4, 16)}.sock`);
  }

  #shellServer(
    { session, record, clients }: Pick<Run, 'session' | 'record' | 'clients'>,
    folder: string,
  ) {
    const backend = new RunCommands(this.#options, { session, record, folder });
    return createServer((connection) => {
      clients.add(connection.once('close', () => clients.delete(connection)));
      acceptCommand(connection, backend);
    });
  }

  /** What commands of a session are read against. */
  folderOf(sessionId: string | undefined): string | undefined {
    const run = [...this.#runs.values()].find(({ session }) => {
      return session.origin.session_id === sessionId;
    });
    return run?.folder;
  }

  summary(runId: string): RunSummary | undefined {
    const run = this.#runs.get(runId);
    if (run === undefined) return undefined;
    const { agent_id, session_id = '' } = run.session.origin;
    const coverage = coverageOf(run.hosts, run.record);
    const { seen } = run.commits;
    const { opened } = run.ports;
    const about = { run_id: runId, agent_id, session_id, coverage };
    return run.record.summary({
      ...about,
      ...(seen && { commits: seen }),
      ...(opened.length > 0 ? { ports: [...opened] } : {}),
    });
  }

  /** Asks for a port; `over` is told once it may be open no longer. */
  async openPort(runId: string, port: number, over: AbortController): Promise<RunPortTold> {
    const run = this.#runs.get(runId);
    if (run === undefined) return { code: 'id.unknown', title: `no run is ${runId}` };
    const { pauses } = this.#options.boundary;
    const end = (): void => over.abort();
    const unwatch = pauses.watch(run.session.origin, end);
    over.signal.addEventListener('abort', unwatch, { once: true });
    run.over.signal.addEventListener('abort', end, { once: true });
    return run.ports.ask(port, over.signal);
  }

  commitsOf(runId: string): RunCommits | undefined {
    return this.#runs.get(runId)?.commits;
  }

  /** Seals what a run left of files, as whoever started it saw it. Once. */
  async recordFiles(runId: string, left: RunLeft): Promise<Result<RunRecorded, Rejection>> {
    const run = this.#runs.get(runId);
    if (run === undefined) return err({ code: 'id.unknown', message: `no run is ${runId}` });
    const { agent_id, session_id = '' } = run.session.origin;
    const payload = { run_id: runId, agent_id, session_id, ...left };
    const sealed = await this.#options.writer.submit(RECORD_RUN_OPERATION, payload);
    if (!sealed.ok) return sealed;
    run.record.isFilesRecorded = true;
    const { seq, operation_id } = sealed.value.entry;
    return ok({ seq, operation_id });
  }

  /** Programs that run now, each in a session of its own. */
  connected(): readonly RunConnected[] {
    return [...this.#runs].map(([runId, { session, hosts, record }]) => {
      return { runId, session, hosts, coverage: coverageOf(hosts, record) };
    });
  }

  /** How programs that run now are covered, and of how many that ended the files were recorded. */
  coverage(): RunsCoverage {
    const open = [...this.#runs.values()].map(({ hosts, record }) => {
      return coverageOf(hosts, record);
    });
    return { open, ended: { ...this.#ended } };
  }

  close(runId: string): void {
    const run = this.#runs.get(runId);
    if (run === undefined) return;
    this.#runs.delete(runId);
    run.over.abort();
    this.#ended[run.record.isFilesRecorded ? 'recorded' : 'bounded'] += 1;
    for (const server of run.servers) server.close();
    for (const client of run.clients) client.destroy();
    for (const door of run.doors) door.close();
    this.#options.boundary.left(run.session.origin.session_id);
    for (const socket of run.sockets) void rm(socket, { force: true });
  }

  closeAll(): void {
    for (const runId of this.#runs.keys()) this.close(runId);
  }
}
