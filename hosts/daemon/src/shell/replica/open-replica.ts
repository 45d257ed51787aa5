import { join } from 'node:path';
import { verifierRegistry } from '@ioi/crypto';
import type { TlsIdentity } from '@ioi/crypto/tls/shell';
import { keys, type NodeHead } from '@ioi/law';
import type { ConsistencyLevel } from '@ioi/protocol';
import { HeldRoster } from '../admission/held-roster.ts';
import { IssuerBook } from '../reads/issuer-book.ts';
import { startReads } from '../reads/start-reads.ts';
import { Bringing } from './bringing.ts';
import { Following, type FollowingOptions } from './following.ts';
import type { ReplicaAppOptions } from './replica-app.ts';
import type { ReplicaConfig } from './replica-config.ts';
import { ReplicaDomains } from './replica-domains.ts';

export type OpenReplica = {
  readonly config: ReplicaConfig;
  readonly identity: TlsIdentity;
  /** Holds the copies. */
  readonly data: string;
  readonly say: (message: string, about: object) => void;
};

/** What was committed last, only the writer can say. */
const CANNOT: ReadonlySet<ConsistencyLevel> = new Set(['linearized_domain', 'serializable_domain']);

/** The parts of a replica, put together: it follows once it is told to start. */
export async function openReplica({ config, identity, data, say }: OpenReplica) {
  const later: Pick<FollowingOptions, 'onGrown' | 'onRoster'> = {
    onGrown: (log) => domains.grown(log),
    onRoster: (text) => roster.take(text),
  };
  const following = await Following.open({
    config,
    folder: data,
    ...later,
    onRefused: (domain, rejection) => say('a log is served no more', { domain, ...rejection }),
    say,
  });
  const domains = new ReplicaDomains(following, config.staleAfterMs);
  const { reader } = domains.node;
  const whose = () => reader.get<NodeHead>(keys.node);
  const roster = new HeldRoster({ path: join(data, 'roster.json'), whose });
  const issuers = new IssuerBook({
    folder: join(data, 'session-issuers'),
    registry: verifierRegistry(),
    chainTime: () => BigInt(reader.chainTime()),
  });
  const mayServe = (domain: string): boolean => {
    return following.refusalOf(domain, performance.now(), config.staleAfterMs) === undefined;
  };
  const limits = { cannot: CANNOT, mayServe };
  const reads = startReads({ domains, writer: domains, issuers, log: say, limits });
  const bringing = new Bringing({
    identity,
    domains: { find: (name) => domains.located(name) },
    roster: () => roster.current,
    writer: () => following.look?.writer,
  });
  return { following, domains, reads, bringing } satisfies Omit<
    ReplicaAppOptions,
    'config' | 'isRemote'
  >;
}
