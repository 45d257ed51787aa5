import { type VerifierRegistry, verifierRegistry } from '@ioi/crypto';
import type { LogEntry, Module } from '@ioi/protocol';
import type { AddOnEvent } from './add-ons/installs.ts';
import { addOnsModule } from './add-ons/module.ts';
import type { BoundaryEvent } from './boundary/events.ts';
import { boundaryModule } from './boundary/module.ts';
import { type PolicyCache, policyCache } from './boundary/policy-cache.ts';
import { contentModule } from './content/module.ts';
import type { ContentEvent } from './content/operations.ts';
import type { DomainEvent } from './domain/events.ts';
import { domainModule } from './domain/module.ts';
import type { ExecutionEvent } from './execution/module.ts';
import { executionModule } from './execution/module.ts';
import type { GovernanceEvent } from './governance/events.ts';
import { governanceModule } from './governance/module.ts';
import type { GraphEvent } from './graphs/module.ts';
import { graphsModule } from './graphs/module.ts';
import type { Modules } from './ledger/admit.ts';
import type { RoleEvent } from './roles/module.ts';
import { rolesModule } from './roles/module.ts';
import { type CommitEvent, commitsModule } from './runs/commits-module.ts';
import type { RunEvent } from './runs/module.ts';
import { runsModule } from './runs/module.ts';
import type { WalletEvent } from './wallet/events.ts';
import { walletModule } from './wallet/module.ts';
import type { WorkerEvent } from './workers/module.ts';
import { workersModule } from './workers/module.ts';

/** The modules a node's own domain is folded by. Guardian, writer and verifier each make theirs. */
export function nodeModules(
  registry: VerifierRegistry = verifierRegistry(),
  policies: PolicyCache = policyCache(),
): Modules {
  const modules = [
    addOnsModule(registry),
    boundaryModule(policies, registry),
    commitsModule(),
    contentModule(),
    domainModule(registry),
    executionModule(registry),
    governanceModule(registry, policies),
    graphsModule(),
    rolesModule(registry),
    runsModule(),
    walletModule(registry, policies),
    workersModule(registry),
  ];
  // Events are opaque to whoever holds the map: each module only ever sees its own.
  return new Map(modules.map((each) => [each.name, each as unknown as Module<object>]));
}

export type NodeEvent =
  | AddOnEvent
  | BoundaryEvent
  | CommitEvent
  | ContentEvent
  | DomainEvent
  | ExecutionEvent
  | GovernanceEvent
  | GraphEvent
  | RoleEvent
  | RunEvent
  | WalletEvent
  | WorkerEvent;

/** Events of an entry of a node's own log, of whichever module. */
export function nodeEventsOf(entry: LogEntry): readonly NodeEvent[] {
  return entry.events as NodeEvent[];
}
