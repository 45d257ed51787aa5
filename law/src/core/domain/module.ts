import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { VerifierRegistry } from '@ioi/crypto';
import type { HeadChange, HeadKey, Module, NamedOperation, Operation, View } from '@ioi/protocol';
import { keys, type NodeHead } from '../boundary/heads.ts';
import { principalKey } from '../ledger/index.ts';
import { changeEpoch, revocationAfterRestore } from './epoch.ts';
import type { DomainEvent } from './events.ts';
import { openDomainKey } from './identity.ts';
import { genesis, openDomain, registerPrincipal, revokePrincipal } from './operations.ts';

const DOMAIN = 'domain';
const VERSION = '1';

/** The life of a domain as a module: genesis, who may speak in it, who seals it. */
export function domainModule(registry: VerifierRegistry): Module<DomainEvent> {
  const operations: Record<string, NamedOperation<DomainEvent>> = {
    genesis: named(genesis(registry)),
    open: named(openDomain),
    'principal.register': named(registerPrincipal),
    'principal.revoke': named(revokePrincipal),
    'epoch.change': named(changeEpoch(registry)),
  };
  const manifest = { name: DOMAIN, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: DOMAIN,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: {
      node: { limit: 1 },
      domain: { limit: 10_000 },
      principal: { limit: 100_000 },
    },
    operations,
    touches,
    evolve,
  };
}

function touches(event: DomainEvent): readonly HeadKey[] {
  switch (event.type) {
    case 'domain.created':
    case 'epoch.changed':
      return [keys.node];
    case 'domain.opened':
      return [openDomainKey(event.domain_id)];
    case 'principal.registered':
    case 'principal.revoked':
      return [principalKey(event.key_id)];
  }
}

function evolve(view: View, event: DomainEvent): readonly HeadChange[] {
  switch (event.type) {
    case 'domain.created':
      return [{ key: keys.node, value: { ...event.genesis, revocation_epoch: '0' } }];
    case 'epoch.changed': {
      const node = view.get<NodeHead>(keys.node);
      assert(node !== undefined, 'an epoch follows genesis');
      const { epoch, guardian_key, origin, reason, size, succession } = event;
      const revocation_epoch = revocationAfterRestore(node.revocation_epoch, epoch);
      const restored = reason === 'restore' ? { restored_size: size, revocation_epoch } : {};
      const used = succession === undefined ? {} : { succession };
      const value = { ...node, epoch, guardian_key, origin, ...restored, ...used };
      return [{ key: keys.node, value }];
    }
    case 'domain.opened':
      return [{ key: openDomainKey(event.domain_id), value: {} }];
    case 'principal.registered':
      return [{ key: principalKey(event.key_id), value: event.principal }];
    case 'principal.revoked':
      return [{ key: principalKey(event.key_id), value: undefined }];
  }
}

/** Forgets the payload type; `admit` calls `accepts` first, which is what the type stood for. */
function named<P>(operation: Operation<P, DomainEvent>): NamedOperation<DomainEvent> {
  return operation as unknown as NamedOperation<DomainEvent>;
}
