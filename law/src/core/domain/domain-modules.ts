import { type VerifierRegistry, verifierRegistry } from '@ioi/crypto';
import type { Module } from '@ioi/protocol';
import type { Modules } from '../ledger/index.ts';
import { moveModule } from '../move/module.ts';
import { objectsModule } from '../objects/index.ts';
import { domainModule } from './module.ts';

/** The modules that fold a domain which a node keeps beside its own log. */
export function domainModules(registry: VerifierRegistry = verifierRegistry()): Modules {
  const domain = domainModule(registry);
  const move = moveModule();
  const objects = objectsModule();
  // Events are opaque to whoever holds the map: each module only ever sees its own.
  return new Map([
    [domain.name, domain as unknown as Module<object>],
    [move.name, move as unknown as Module<object>],
    [objects.name, objects as unknown as Module<object>],
  ]);
}
