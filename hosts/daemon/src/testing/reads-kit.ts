import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StateProver } from '@ioi/agentgres';
import type { SqliteStore, Submitted } from '@ioi/agentgres/shell';
import { encodeBase64 } from '@ioi/basis';
import { verifierRegistry } from '@ioi/crypto';
import { nodeDomainOf } from '@ioi/law';
import { inclusionProof, leafHash, nodesFromLeaves } from '@ioi/merkle';
import type { HeadKey } from '@ioi/protocol';
import { IssuerBook } from '../shell/reads/issuer-book.ts';
import { type DomainProjections, Projections } from '../shell/reads/projections.ts';
import type { ReadOptions } from '../shell/reads/read-routes.ts';
import { SessionGuard } from '../shell/reads/session-guard.ts';
import { Subscribers } from '../shell/reads/subscribers.ts';
import { headIn, type NodeKit, type Started } from './node-kit.ts';

/** A projection thread beside the kit's writer, told of every seal as the daemon tells it. */
export class ReadsKit {
  readonly projections: DomainProjections;
  readonly subscribers: Subscribers;
  readonly domain: string;
  readonly said: string[] = [];
  readonly #node: Started;
  readonly #thread: Projections;
  readonly #issuers: string;
  /** Entries whose seal was answered. */
  size = 0;

  constructor(kit: NodeKit, node: Started) {
    this.#node = node;
    this.#issuers = join(kit.folder, 'issuers');
    this.domain = nodeDomainOf(kit.genesis.node_id);
    const folder = join(kit.folder, 'data');
    mkdirSync(folder, { recursive: true });
    this.#thread = new Projections({
      onTold: (deliveries) => this.subscribers.tell(deliveries),
      log: (message, about) => void this.said.push(`${message} ${JSON.stringify(about)}`),
    });
    const about = { folder, domain: this.domain, isOnDemand: false };
    this.projections = this.#thread.of(about, { size: 0, note: '' });
    this.subscribers = new Subscribers((subscriber) => this.#thread.leave(subscriber));
  }

  /** What routes that read are given; what is served of the node's own log, and nothing else. */
  served(chainTime: () => bigint): ReadOptions {
    const { domain, projections, subscribers } = this;
    const about = { registry: verifierRegistry(), chainTime };
    const issuers = new IssuerBook({ folder: this.#issuers, ...about });
    const view = { get: <T>(key: HeadKey) => headIn<T>(this.#node.store, key) };
    const guard = new SessionGuard({ domain, view, issuers, ...about });
    const committedSize = (): number => this.size;
    const own = { projections, guard, committedSize, prover: undefined };
    const notOpen = { code: 'domain.not_open', message: 'it is not open' };
    const find: ReadOptions['find'] = async (name = domain) =>
      name === domain ? { ok: true, value: own } : { ok: false, error: notOpen };
    return { find, subscribers, issuers };
  }

  async submit(operation: Parameters<Started['writer']['submit']>[0]): Promise<Submitted> {
    const submitted = await this.#node.writer.submit(operation);
    if (submitted.ok) this.sealed(Number(submitted.value.seal.size), submitted.value.seal.note);
    return submitted;
  }

  sealed(size: number, note: string): void {
    if (size <= this.size) return;
    this.size = size;
    this.#thread.sealed(this.domain, size, note);
  }

  texts(): string[] {
    return this.#node.store.entries(0n, this.#node.store.size()).map(({ text }) => text);
  }

  async close(): Promise<void> {
    this.subscribers.close();
    await this.#thread.close();
  }
}

/** Proves the newest commit only, as a writer does whose tree has moved on. */
export function newestCommitProver(store: SqliteStore): StateProver {
  return {
    prove: async (seq, heads) => {
      const size = Number(store.size());
      if (seq !== size - 1) return undefined;
      const texts = store.entries(0n, BigInt(size)).map(({ text }) => text);
      const leaves = texts.map((text) => leafHash(text));
      const nodes = nodesFromLeaves((index) => leaves[index] as Uint8Array);
      const path = inclusionProof(nodes, seq, size);
      const commit = { seq: String(seq), text: texts[seq] ?? '', path: path.map(encodeBase64) };
      const objects = heads.map((key) => {
        return { head_class: key.headClass, id: key.id, value: headIn(store, key), path: '' };
      });
      return { domain_id: '', note: '', genesis: commit, commit, objects };
    },
  };
}
