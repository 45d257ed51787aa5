import { err, ok, type Result } from '@ioi/basis';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import {
  type DomainGenesis,
  isDomainGenesis,
  isOpenDomain,
  isRegisterPrincipal,
  isRevokePrincipal,
  type OpenDomain,
  type Operation,
  type RegisterPrincipal,
  type Rejection,
  type RevokePrincipal,
} from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { nodeIdOf } from '../boundary/node-id.ts';
import { principalKey } from '../ledger/index.ts';
import { firstSealer } from './epoch.ts';
import type { DomainEvent } from './events.ts';
import { domainNameOf, domainOriginOf, openDomainKey } from './identity.ts';

type DomainOperation<P> = Operation<P, DomainEvent>;

const reject = (code: string, message: string): Result<never, Rejection> => err({ code, message });

export function genesis(registry: VerifierRegistry): DomainOperation<DomainGenesis> {
  return {
    authors: ['guardian'],
    accepts: isDomainGenesis,
    reads: () => [keys.node],
    needs: () => [],
    decide: (payload, { view, at }) => {
      if (view.get(keys.node) || at.seq !== 0n) {
        return reject('domain.has_genesis', 'genesis is entry 0 and nothing else');
      }
      if (payload.node_id !== nodeIdOf(payload.owner_key, payload.guardian_key)) {
        return reject('domain.id_mismatch', 'node_id does not follow from the keys');
      }
      if (payload.origin !== domainOriginOf(payload.node_id, payload.domain_id)) {
        return reject('domain.origin_mismatch', 'origin does not follow from node and domain');
      }
      const sealer = firstSealer(payload, registry);
      if (!sealer.ok) return sealer;
      return ok([{ type: 'domain.created', genesis: sealer.value }]);
    },
  };
}

export const openDomain: DomainOperation<OpenDomain> = {
  authors: ['channel'],
  accepts: isOpenDomain,
  reads: ({ domain_id }) => [keys.node, openDomainKey(domain_id)],
  needs: () => [],
  decide: ({ domain_id }, { view }) => {
    const node = view.get<NodeHead & { domain_id?: string }>(keys.node);
    if (!node || node.domain_id !== undefined) {
      return reject('domain.not_a_node', "domains are opened in a node's own log");
    }
    if (/^[0-9]+$/.test(domainNameOf(domain_id))) {
      return reject('domain.name_reserved', 'a number names an epoch of the node');
    }
    if (domainNameOf(domain_id).startsWith('local-')) {
      return reject(
        'domain.name_reserved',
        "a name that begins with local- is of a node's own log",
      );
    }
    if (view.get(openDomainKey(domain_id))) {
      return reject('domain.open_already', `${domain_id} is open`);
    }
    return ok([{ type: 'domain.opened', domain_id }]);
  },
};

export const registerPrincipal: DomainOperation<RegisterPrincipal> = {
  authors: ['channel'],
  accepts: isRegisterPrincipal,
  reads: () => [keys.node],
  needs: () => [],
  decide: ({ public_key, operations, label }, { view }) => {
    if (!view.get(keys.node)) return reject('domain.no_genesis', 'the log has no genesis');
    const named = label === undefined ? {} : { label };
    const principal = { public_key, operations, ...named };
    return ok([{ type: 'principal.registered', key_id: keyId(public_key), principal }]);
  },
};

export const revokePrincipal: DomainOperation<RevokePrincipal> = {
  authors: ['channel'],
  accepts: isRevokePrincipal,
  reads: ({ key_id }) => [principalKey(key_id)],
  needs: () => [],
  decide: ({ key_id }, { view }) => {
    const id = key_id as `sha256:${string}`;
    if (!view.get(principalKey(id))) {
      return reject('principal.unknown', `${id} is no key of this domain`);
    }
    return ok([{ type: 'principal.revoked', key_id: id }]);
  },
};
