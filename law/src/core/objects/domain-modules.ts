import type { Module } from '@ioi/protocol';
import type { Modules } from '../ledger/admit.ts';
import { objectsModule } from './module.ts';

/** The modules a domain of governed objects is folded by. Each owner of one makes its own. */
export function domainModules(): Modules {
  const objects = objectsModule();
  // Events are opaque to whoever holds the map: each module only ever sees its own.
  return new Map([[objects.name, objects as unknown as Module<object>]]);
}
