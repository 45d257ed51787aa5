import { type VerifierRegistry, verifierRegistry } from '@ioi/crypto';
import type { Module } from '@ioi/protocol';
import type { Modules } from '../ledger/index.ts';
import { domainModule } from './module.ts';

/** The modules that fold a domain which a node keeps beside its own log. */
export function domainModules(registry: VerifierRegistry = verifierRegistry()): Modules {
  const domain = domainModule(registry);
  return new Map([[domain.name, domain as unknown as Module<object>]]);
}
