import { LogFault } from '@ioi/agentgres/shell';
import { err, ok, type Result } from '@ioi/basis';
import { openDomainKey } from '@ioi/law';
import type { DomainStatus, DomainsPage, Rejection } from '@ioi/protocol';
import {
  type DomainDirectory,
  type DomainFollower,
  type DomainHandle,
  domainsIn,
  type Listing,
  statusOf,
} from '../domains/domains.ts';
import type { Writer } from '../writer.ts';
import { NODE_DOMAIN } from '../writer-messages.ts';
import type { FollowedLog } from './followed-log.ts';
import type { Following } from './following.ts';

/** As many logs are followed at once: each holds files open. */
const MOST_FOLLOWED = 256;
const NOT_HERE: Rejection = {
  code: 'replica.reads_only',
  message: 'a replica reads, and brings operations to who writes: ask the node itself',
};

/** The domains of a node, as a replica of it follows them: what the routes that read are given. */
export class ReplicaDomains implements DomainDirectory, Pick<Writer, 'prove' | 'vouch'> {
  readonly #following: Following;
  /** Nothing is served that may be older. */
  readonly #mostMs: number;
  readonly #handles = new Map<string, DomainHandle>();
  #follower: DomainFollower = { opened: () => {}, sealed: () => {} };

  constructor(following: Following, mostMs: number) {
    this.#following = following;
    this.#mostMs = mostMs;
  }

  get node(): DomainHandle {
    return this.#handleOf(this.#following.node);
  }

  follow(follower: DomainFollower): void {
    this.#follower = follower;
  }

  /** More of a log is verified, or has both signatures. */
  grown(log: FollowedLog): void {
    this.#follower.sealed(this.#handleOf(log));
  }

  /** To be read: as `located`, and rejects where nothing of it holds, or nothing is known yet. */
  async find(name: string): Promise<Result<DomainHandle, Rejection>> {
    const found = await this.located(name);
    if (!found.ok) return found;
    const { domainId } = found.value;
    await this.#following.caughtUp(domainId);
    const refusal = this.#following.refusalOf(domainId, performance.now(), this.#mostMs);
    return refusal === undefined ? found : err(refusal);
  }

  /** Rejects with `domain.not_open` where the node's own log does not say that it is open. */
  async located(name: string): Promise<Result<DomainHandle, Rejection>> {
    const { node } = this;
    const domainId = name.includes('://') ? name : `agentgres://domain/${name}`;
    if (domainId === node.domainId) return ok(node);
    if (node.reader.get(openDomainKey(domainId)) === undefined) {
      return err({
        code: 'domain.not_open',
        message: `${domainId} is not open, as far as this replica is`,
      });
    }
    if (!this.#following.isFollowed(domainId) && this.#handles.size >= MOST_FOLLOWED) {
      const message = `${MOST_FOLLOWED} domains are followed here: ask another replica`;
      return err({ code: 'domain.too_many_open', message });
    }
    const log = await this.#following.follow(domainId);
    return ok(this.#handleOf(log));
  }

  list(listing: Listing = {}): Result<DomainsPage, Rejection> {
    const page = domainsIn(this.node, listing);
    if (!page.ok) return page;
    const { members, ...more } = page.value;
    const handles = members.flatMap((id) => this.#handles.get(id) ?? []);
    const closed = members.filter((id) => !this.#handles.has(id));
    const domains = handles.map((handle) => this.status(handle));
    return ok({ domains, closed, refused: [], ...more });
  }

  status(handle: DomainHandle): DomainStatus {
    return { ...statusOf(handle), key: '', witnesses: [] };
  }

  create(): ReturnType<DomainDirectory['create']> {
    return Promise.resolve(err(NOT_HERE));
  }

  submit(): ReturnType<DomainDirectory['submit']> {
    return Promise.resolve(err(NOT_HERE));
  }

  async prove(...[slot, question]: Parameters<Writer['prove']>): ReturnType<Writer['prove']> {
    const log = slot === NODE_DOMAIN ? this.#following.node : await this.#following.follow(slot);
    try {
      return ok(await log.prove(question));
    } catch (fault) {
      if (fault instanceof LogFault) return err({ code: fault.code, message: fault.message });
      throw fault;
    }
  }

  vouch(): ReturnType<Writer['vouch']> {
    return Promise.resolve(err(NOT_HERE));
  }

  #handleOf(log: FollowedLog): DomainHandle {
    const { domain: domainId, reader, latest } = log;
    const known = this.#handles.get(domainId);
    if (known !== undefined) return known;
    const isNode = log === this.#following.node;
    const handle: DomainHandle = {
      domainId,
      get origin() {
        return log.origin;
      },
      slot: isNode ? NODE_DOMAIN : domainId,
      reader,
      latest,
    };
    this.#handles.set(domainId, handle);
    if (!isNode) this.#follower.opened(handle);
    return handle;
  }
}
