import type { ChangeEpoch, DomainGenesis, Genesis, HeadKey } from '@ioi/protocol';
import { originOf } from '../boundary/node-id.ts';
import type { Modules } from '../ledger/index.ts';

const SCHEME = 'agentgres://domain/';

/** What stands after the scheme: usable as the name of a folder. */
export function domainNameOf(domainId: string): string {
  return domainId.slice(SCHEME.length);
}

/** Origin line of the checkpoints of a domain that a node keeps. */
export function domainOriginOf(nodeId: string, domainId: string): string {
  return `${originOf(nodeId)}/${domainNameOf(domainId)}`;
}

export const openDomainKey = (domainId: string): HeadKey => ({ headClass: 'domain', id: domainId });

/** A node's genesis, and the change of epoch by which its guardian came to seal, if one did. */
export type NodeOrigin = { readonly genesis: Genesis; readonly change?: ChangeEpoch | undefined };

/** Genesis of a domain that a node keeps: the same node and domain always give the same bytes. */
export function domainGenesisOf(
  { genesis, change }: NodeOrigin,
  domainId: string,
  modules: Modules,
): DomainGenesis {
  return {
    ...genesis,
    domain_id: domainId,
    origin: domainOriginOf(genesis.node_id, domainId),
    epoch: change?.epoch ?? '0',
    modules: manifestOf(modules),
    ...(change === undefined ? {} : { epoch_change: change }),
  };
}

/** Modules as a genesis names them. */
export function manifestOf(modules: Modules): Genesis['modules'] {
  return [...modules.values()].map(({ name, version, moduleHash }) => {
    return { name, version, module_hash: moduleHash };
  });
}
