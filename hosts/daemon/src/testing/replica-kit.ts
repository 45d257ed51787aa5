import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '@ioi/agentgres';
import { PostgresLease, type Told } from '@ioi/agentgres/postgres';
import { newOperationId } from '@ioi/agentgres/shell';
import type { PostgresServer } from '@ioi/agentgres/testing';
import { generateHybridKey, signHybrid } from '@ioi/crypto/shell';
import { SealKeys } from '@ioi/guardian/shell';
import {
  domainModules,
  logNameOf,
  nodeModules,
  operationMessage,
  type ProposedOperation,
  rosterMessage,
} from '@ioi/law';
import type { ClusterRoster, LogEntry, OperationRequest } from '@ioi/protocol';
import type { Hono } from 'hono';
import { type AdmissionListener, listenForReplicas } from '../shell/admission/listener.ts';
import { openTlsIdentity } from '../shell/admission/tls-identity.ts';
import { DomainLog } from '../shell/domain-log.ts';
import { HeadReader } from '../shell/head-reader.ts';
import { openReplica } from '../shell/replica/open-replica.ts';
import { replicaApp } from '../shell/replica/replica-app.ts';
import type { ReplicaConfig } from '../shell/replica/replica-config.ts';
import { type Attesting, NodeKit, proposed } from './node-kit.ts';

export const MARKET = 'agentgres://domain/market.example';
const NOTE_CLASS = {
  object_class: 'Note',
  schema_version: '1.0.0',
  schema: { type: 'object', fields: { text: { type: 'text', max_length: 80 } } },
};

const BEAT_MS = 300;

type ReplicaOptions = Partial<Pick<ReplicaConfig, 'staleAfterMs' | 'store' | 'witnesses'>>;

/** A node of a cluster that writes a domain over PostgreSQL, and replicas of it, in one process. */
export class ReplicaKit {
  readonly kit = new NodeKit();
  readonly schema: string;
  readonly #server: PostgresServer;
  readonly #key = generateHybridKey();
  readonly #made: { close(): Promise<void> }[] = [];
  #place: Place | undefined;
  #beating: NodeJS.Timeout | undefined;
  #isClosed = false;
  #guardian: Attesting | undefined;
  #lease: PostgresLease | undefined;
  node: DomainLog | undefined;
  market: DomainLog | undefined;
  listener: AdmissionListener | undefined;
  /** Operations whose answer never leaves the writer: it died behind the seal. */
  diesAfter = Number.POSITIVE_INFINITY;

  private constructor(server: PostgresServer, schema: string) {
    this.#server = server;
    this.schema = schema;
  }

  static async start(server: PostgresServer, schema: string): Promise<ReplicaKit> {
    const made = new ReplicaKit(server, schema);
    await made.#open();
    const { node, market } = made;
    const told: Told[] = [];
    for (const log of [node, market]) {
      const { domain_id: domain = '' } = log?.opened.status ?? {};
      const latest = made.#guardian?.guardian.uncosigned().find((each) => each.domainId === domain);
      if (latest) told.push({ domain, size: latest.frontier.size, note: latest.note });
    }
    made.#lease = await PostgresLease.open(made.#options);
    made.#place = await made.#lease.found('one', told);
    await made.#reopen();
    await server.query(`
      DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT USAGE ON SCHEMA ${schema} TO reader;
      GRANT SELECT ON ${['format', 'domains', 'entries', 'payloads', 'checkpoints', 'lease']
        .map((table) => `${schema}.${table}`)
        .join(', ')} TO reader`);
    made.#beating = setInterval(() => void made.beat().catch(() => {}), BEAT_MS);
    return made;
  }

  get #options() {
    return { url: this.#server.url(), schema: this.schema };
  }

  get nodeId(): string {
    return this.kit.genesis.node_id;
  }

  async #open(): Promise<void> {
    const { kit } = this;
    this.#guardian = await kit.guardian();
    const place = this.#place;
    const storeConfig = { kind: 'postgres' as const, ...this.#options, ...(place && { place }) };
    const open = (domain: string, folder: string) => {
      mkdirSync(join(kit.folder, folder), { recursive: true });
      return DomainLog.open({
        domain,
        folder: join(kit.folder, folder),
        storeConfig,
        channel: (this.#guardian as Attesting).all.domain(domain),
        modules: domain === '' ? nodeModules() : domainModules(),
        onSealed: () => {},
      });
    };
    this.node = await open('', 'data');
    if (place === undefined) {
      await this.#must(this.node, proposed('domain/open', { domain_id: MARKET }));
    }
    this.market = await open(MARKET, 'market');
    if (place !== undefined) return;
    await this.#must(this.market, proposed('objects/class.define', NOTE_CLASS));
    const { publicKey: public_key } = this.#key;
    const about = { public_key, operations: ['objects/*'] };
    await this.#must(this.market, proposed('domain/principal.register', about));
  }

  async #reopen(): Promise<void> {
    await this.node?.writer.close();
    await this.market?.writer.close();
    this.kit.closeGuardian();
    await this.#open();
  }

  async #must(log: DomainLog, operation: ProposedOperation): Promise<void> {
    const submitted = await log.writer.submit(operation);
    if (!submitted.ok) throw new Error(JSON.stringify(submitted.error));
  }

  /** The writer stirs no more, as one that is stopped. */
  stand(): void {
    clearInterval(this.#beating);
  }

  /** As a writer does once a second. */
  async beat(): Promise<void> {
    if (this.#place) await this.#lease?.beat(this.#place);
  }

  /** A note of this id, over the node's own channel. */
  async seal(id: string): Promise<void> {
    const payload = { object_class: 'Note', id, value: { text: id } };
    await this.#must(this.market as DomainLog, proposed('objects/put', payload));
  }

  /** Both signatures over what is sealed of every log, kept in the store as a node does. */
  async cosign(): Promise<void> {
    for (const log of [this.node, this.market]) {
      const { domain_id: domain } = log?.opened.status ?? {};
      const all = this.#guardian?.guardian.uncosigned() ?? [];
      const latest = all.find(({ domainId }) => domainId === domain);
      if (log === undefined || latest === undefined) continue;
      const { note, frontier, origin } = latest;
      const both = await new SealKeys(this.kit.seal).cosign(note, frontier, origin);
      await log.store.saveCheckpoint(BigInt(frontier.size), both);
    }
  }

  /** An operation as a client brings it: signed by a key that the domain knows. */
  signed(id: string, operation_id = newOperationId()): OperationRequest & { operation_id: string } {
    const payload = { object_class: 'Note', id, value: { text: id } };
    const by = { kind: 'channel' as const };
    const given = { operation_id, operation: 'objects/put', authenticated_by: by, payload };
    const log = logNameOf({ node_id: this.nodeId, domain_id: MARKET });
    const message = operationMessage(given, log);
    if (!message.ok) throw new Error(message.error.message);
    const signature = signHybrid(this.#key, 'SIG_DOMAIN_OPERATION', message.value);
    return { ...given, authenticated_by: { kind: 'signature', signature } };
  }

  /** Where replicas bring operations; by the roster that stands in the store. */
  async listen(port = 0): Promise<void> {
    const identity = openTlsIdentity(join(this.kit.folder, 'cluster'));
    const market = this.market as DomainLog;
    const reader = new HeadReader(join(this.kit.folder, 'market'));
    reader.sealed([], market.opened.size);
    const { origin } = market.opened.status;
    const latest = { note: '', cosigned: '', seal: undefined };
    const handle = { domainId: MARKET, origin, slot: MARKET, reader, latest };
    this.#made.push({ close: () => Promise.resolve(reader.close()) });
    this.listener = await listenForReplicas({
      host: '127.0.0.1',
      port,
      identity,
      domains: {
        find: async () => ({ ok: true, value: handle }),
        submit: async (_handle, request) => {
          const { payloads: _, ...operation } = request;
          const submitted = await market.writer.submit(operation as ProposedOperation);
          this.diesAfter -= 1;
          if (this.diesAfter < 0) return new Promise(() => this.listener?.close());
          if (!submitted.ok) return submitted;
          const { text, seal } = submitted.value;
          return { ok: true, value: { entry: JSON.parse(text), sealed_size: Number(seal.size) } };
        },
      },
      replicaOf: async (pin) => {
        const text = await this.#lease?.roster();
        const { replicas } = JSON.parse(text ?? '{"replicas":[]}') as ClusterRoster;
        return replicas.find(({ tls_key }) => tls_key === pin)?.replica;
      },
    });
  }

  /** The owner's word on who may speak with whom, put into the store. */
  async roster(number: string, replicas: readonly string[], by = this.kit.owner): Promise<void> {
    const own = openTlsIdentity(join(this.kit.folder, 'cluster')).keyHash;
    const address = `127.0.0.1:${this.listener?.port ?? 1}`;
    const roster = {
      node_id: this.nodeId,
      number,
      writers: [{ member: 'one', address, tls_key: own }],
      replicas: replicas.map((replica) => {
        return { replica, tls_key: openTlsIdentity(this.folderOf(replica)).keyHash };
      }),
    };
    const message = rosterMessage(roster);
    if (!message.ok) throw new Error(message.error.message);
    const owner_signature = signHybrid(by, 'SIG_DOMAIN_OPERATION', message.value);
    const before = await this.#lease?.roster();
    await this.#lease?.saveRoster(JSON.stringify({ ...roster, owner_signature }), before);
  }

  folderOf(replica: string): string {
    return join(this.kit.folder, 'replicas', replica);
  }

  configOf(replica: string, options: ReplicaOptions = {}): ReplicaConfig {
    const { schema } = this;
    const url = this.#server.url('postgres', 'reader');
    const { nodeId } = this;
    const about = { replica, nodeId, store: { url, schema } };
    return { ...about, witnesses: [], staleAfterMs: 30_000, ...options };
  }

  /** A replica in this process, that follows. */
  async replica(name: string, options: ReplicaOptions = {}): Promise<Replica> {
    const folder = this.folderOf(name);
    const config = this.configOf(name, options);
    const data = join(folder, 'data');
    const said: string[] = [];
    const say = (message: string, about: object): void => {
      said.push(`${message} ${JSON.stringify(about)}`);
    };
    const parts = await openReplica({ config, identity: openTlsIdentity(folder), data, say });
    parts.following.start();
    const made = new Replica(replicaApp({ config, ...parts, isRemote: false }), said, async () => {
      parts.bringing.close();
      await parts.following.close();
      await parts.reads.close();
    });
    this.#made.push(made);
    return made;
  }

  /** Ids of the notes that stand in the log, as often as they do. */
  async idsSealed(): Promise<string[]> {
    const store = this.market?.store;
    const entries = (await store?.entries(0n, await store.size())) ?? [];
    return entries
      .map(({ text }) => JSON.parse(text) as LogEntry)
      .filter(({ operation }) => operation === 'objects/put')
      .map(({ payload }) => String(payload['id']));
  }

  /** As its superuser: whatever somebody does to the store who owns it. */
  async tamper(sql: string): Promise<void> {
    await this.#server.query(`SET search_path = ${this.schema}; ${sql}`);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.stand();
    for (const each of this.#made) await each.close();
    this.listener?.close();
    await this.node?.writer.close();
    await this.market?.writer.close();
    await this.#lease?.close();
    this.kit.closeGuardian();
    this.kit.remove();
  }
}

export type Answered = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
};

export class Replica {
  readonly said: readonly string[];
  readonly #app: Hono;
  readonly #close: () => Promise<void>;
  #isClosed = false;

  constructor(app: Hono, said: readonly string[], close: () => Promise<void>) {
    this.#app = app;
    this.said = said;
    this.#close = close;
  }

  async ask(method: string, path: string, body?: unknown, headers = {}): Promise<Answered> {
    const given = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await this.#app.request(path, { method, headers, ...given });
    const text = await response.text();
    const read = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
    return { status: response.status, headers: response.headers, body: read };
  }

  /** A body that comes in its own time. */
  async send(path: string, headers: Record<string, string>, body: ReadableStream | null) {
    return this.#app.request(path, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    } as RequestInit);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#close();
  }
}
