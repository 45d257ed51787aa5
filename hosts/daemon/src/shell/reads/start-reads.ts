import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { verifierRegistry } from '@ioi/crypto';
import type { DomainDirectory, DomainHandle } from '../domains/domains.ts';
import { type Prover, stateProver } from '../domains/prove-state.ts';
import { NODE_DOMAIN } from '../writer-messages.ts';
import type { IssuerBook } from './issuer-book.ts';
import type { ProjectionData } from './projection-messages.ts';
import { type DomainProjections, Projections } from './projections.ts';
import type { ReadLimits, ReadOptions } from './read-routes.ts';
import { SessionGuard } from './session-guard.ts';
import { Subscribers } from './subscribers.ts';

export type StartReads = {
  readonly domains: Pick<DomainDirectory, 'node' | 'find' | 'follow'>;
  readonly writer: Prover;
  readonly issuers: IssuerBook;
  readonly log: (message: string, about: object) => void;
  /** Of a replica: what it cannot give, and whether it may go on with what is followed. */
  readonly limits?: Pick<ReadLimits, 'cannot'> & {
    readonly mayServe: (domain: string) => boolean;
  };
};

export type Reads = ReadOptions & { close(): Promise<void> };

/**
 * Projections of every domain, kept at what is sealed, and whoever reads them. Those of the node's
 * own log are kept from the start; those of another domain from when somebody asks, or, where
 * somebody did before, from when the domain is opened.
 */
export function startReads({ domains, writer, issuers, log, limits }: StartReads): Reads {
  const registry = verifierRegistry();
  const projections = new Projections({
    onTold: (deliveries) => subscribers.tell(deliveries),
    log,
  });
  const subscribers = new Subscribers((subscriber) => projections.leave(subscriber));
  const sealed = ({ domainId, reader, latest }: DomainHandle): void => {
    projections.sealed(domainId, reader.size, latest.note);
  };
  const open = (handle: DomainHandle): DomainProjections => {
    const { reader, latest } = handle;
    return projections.of(dataOf(handle), { size: reader.size, note: latest.note });
  };
  domains.follow({ sealed, opened: (handle) => void (hasProjections(handle) && open(handle)) });
  open(domains.node);
  const view = domains.node.reader;
  const find: Reads['find'] = async (name) => {
    const found = await domains.find(name ?? domains.node.domainId);
    if (!found.ok) return found;
    const { domainId: domain, reader } = found.value;
    const chainTime = (): bigint => BigInt(reader.chainTime());
    return {
      ok: true,
      value: {
        projections: open(found.value),
        committedSize: () => reader.size,
        prover: stateProver(writer, found.value),
        guard: new SessionGuard({ domain, view, registry, issuers, chainTime }),
        ...(limits && { cannot: limits.cannot, mayServe: () => limits.mayServe(domain) }),
      },
    };
  };
  const close = async (): Promise<void> => {
    subscribers.close();
    await projections.close();
  };
  return { find, subscribers, issuers, close };
}

function dataOf({ domainId, slot, reader }: DomainHandle): ProjectionData {
  return { domain: domainId, folder: reader.folder, isOnDemand: slot !== NODE_DOMAIN };
}

function hasProjections({ reader }: DomainHandle): boolean {
  return existsSync(join(reader.folder, 'projections'));
}
