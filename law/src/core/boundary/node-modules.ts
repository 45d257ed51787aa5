import { type VerifierRegistry, verifierRegistry } from '@ioi/crypto';
import type { Module } from '@ioi/protocol';
import { contentModule } from '../content/module.ts';
import { domainModule } from '../domain/module.ts';
import type { Modules } from '../ledger/admit.ts';
import { boundaryModule } from './module.ts';
import { policyCache } from './policy-cache.ts';

/** The modules a node's own domain is folded by. Guardian, writer and verifier each make theirs. */
export function nodeModules(registry: VerifierRegistry = verifierRegistry()): Modules {
  const boundary = boundaryModule(policyCache(), registry);
  const content = contentModule();
  const domain = domainModule(registry);
  // Events are opaque to whoever holds the map: each module only ever sees its own.
  return new Map([
    [boundary.name, boundary as unknown as Module<object>],
    [content.name, content as unknown as Module<object>],
    [domain.name, domain as unknown as Module<object>],
  ]);
}
