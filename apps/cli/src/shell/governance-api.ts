import { setTimeout as sleep } from 'node:timers/promises';
import { nodeDomainOf } from '@ioi/law';
import type {
  GovernanceReview,
  GovernanceSigned,
  HeadKey,
  QueryAnswer,
  SealedEntry,
} from '@ioi/protocol';
import { CommandFault } from './fault.ts';
import type { Sockets } from './home.ts';
import { callLocal, type LocalCall } from './local-http.ts';
import { DaemonApi } from './node-api.ts';

/** What the owner wants signed: the operation, and what the guardian cannot know of it. */
export type Wish = {
  readonly operation: string;
  readonly asked: Readonly<Record<string, unknown>>;
  /** Canonical text of the policy that a grant or certificate is bound to. */
  readonly region?: string;
};

const SHOWN_MS = 5_000;
const LOOK_MS = 5;

/** Governance over both sockets: what takes a signature goes to the guardian alone. */
export class GovernanceApi {
  readonly #sockets: Sockets;

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  review(wish: Wish): Promise<GovernanceReview> {
    return this.#ask('guardian', '/governance/review', wish);
  }

  /** Signs what was shown under the hash, and waits until whoever reads the log can see it. */
  async sign(wish: Wish, reviewHash: string, passphrase: string): Promise<GovernanceSigned> {
    const body = { ...wish, review_hash: reviewHash, passphrase };
    const signed = await this.#ask<GovernanceSigned>('guardian', '/governance/sign', body);
    await this.#whenShown(BigInt(signed.entry.seq));
    return signed;
  }

  /** What anyone may say in the node's own log: proposals, simulations, commits. */
  async operate(operation: string, payload: object): Promise<SealedEntry> {
    const path = `${await this.#nodeLog()}/operations`;
    return this.#ask('daemon', path, { operation: `governance/${operation}`, payload });
  }

  /** A head of the node's own log; undefined when it is not there. */
  async head<T>({ headClass, id }: HeadKey): Promise<T | undefined> {
    const path = `${await this.#nodeLog()}/objects/${headClass}/${encodeURIComponent(id)}`;
    try {
      return (await this.#ask<{ value: T }>('daemon', path)).value;
    } catch (fault) {
      if (fault instanceof CommandFault && fault.about.code === 'object.unknown') return undefined;
      throw fault;
    }
  }

  /** Everything that was decided about one proposal, in the order of the log. */
  decisions(proposalId: string): Promise<QueryAnswer> {
    const path = `/v1/upgrade-proposals/${encodeURIComponent(proposalId)}/decisions`;
    return this.#ask('daemon', `${path}?consistency=linearized_domain`);
  }

  /** The guardian answers as it seals, a moment before the daemon has taken the seal. */
  async #whenShown(seq: bigint): Promise<void> {
    const daemon = new DaemonApi(this.#sockets);
    const end = Date.now() + SHOWN_MS;
    try {
      while ((await daemon.log({ limit: 1 })).size <= seq && Date.now() < end) await sleep(LOOK_MS);
    } catch {
      // It is signed and sealed, whatever keeps the daemon from telling.
    }
  }

  async #nodeLog(): Promise<string> {
    const { node_id: nodeId } = await new DaemonApi(this.#sockets).status();
    return `/v1/domains/${encodeURIComponent(nodeDomainOf(nodeId))}`;
  }

  #ask<T>(host: 'guardian' | 'daemon', path: string, body?: object): Promise<T> {
    const method: LocalCall['method'] = body === undefined ? 'GET' : 'POST';
    const call = { socket: this.#sockets[host], method, path, timeoutMs: 60_000 };
    return callLocal<T>(body === undefined ? call : { ...call, body });
  }
}
