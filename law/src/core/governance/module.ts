import type { VerifierRegistry } from '@ioi/crypto';
import type { Module, NamedOperation } from '@ioi/protocol';
import type { PolicyCache } from '../boundary/policy-cache.ts';
import { enrollFactor, enrollLevel, revokeFactor, setApprovalRules } from './approvers.ts';
import { GOVERNANCE, type GovernanceOperation } from './authority.ts';
import { advanceChain, announceNode, createChain } from './chains.ts';
import { decideProposal } from './decide-proposal.ts';
import type { GovernanceEvent } from './events.ts';
import { evolve, touches } from './evolve.ts';
import { finishInvocation, invokeModule } from './invocations.ts';
import { mountModule, registerModule } from './modules.ts';
import { hashOf } from './names.ts';
import { pinOrganisation, unpinOrganisation } from './organisations.ts';
import { issueSession, revokeSessions } from './portable-sessions.ts';
import { commitProposal, simulateProposal, submitProposal } from './proposals.ts';
import { closeSession, openSession, stepSession } from './sessions.ts';
import { recordSettlement } from './settlements.ts';
import { swapModule } from './swap-module.ts';

/** Raised with every change of behaviour; old entries replay under the version they name. */
const VERSION = '4';

/**
 * The governed life cycle of autonomous-system chains as a module (whitepaper 2.2.3, 2.6.11,
 * 9.4): who may change what, under which proof that nothing widens, and the receipts of it.
 */
export function governanceModule(
  registry: VerifierRegistry,
  policies: PolicyCache,
): Module<GovernanceEvent> {
  const operations: Record<string, NamedOperation<GovernanceEvent>> = {
    'node.announce': named(announceNode),
    'chain.create': named(createChain(registry)),
    'chain.advance': named(advanceChain(registry)),
    'module.register': named(registerModule(registry)),
    'module.mount': named(mountModule),
    'module.swap': named(swapModule(policies, registry)),
    'module.invoke': named(invokeModule),
    'module.finish': named(finishInvocation),
    'proposal.submit': named(submitProposal),
    'proposal.simulate': named(simulateProposal),
    'proposal.decide': named(decideProposal(registry)),
    'proposal.commit': named(commitProposal),
    'organisation.pin': named(pinOrganisation(registry)),
    'organisation.unpin': named(unpinOrganisation(registry)),
    'factor.enroll': named(enrollFactor(registry)),
    'level.enroll': named(enrollLevel(registry)),
    'factor.revoke': named(revokeFactor(registry)),
    'approval.rules': named(setApprovalRules(registry)),
    'settlement.record': named(recordSettlement(registry)),
    'session.open': named(openSession),
    'session.step': named(stepSession),
    'session.close': named(closeSession),
    'session_lease.issue': named(issueSession(registry)),
    'session_lease.revoke': named(revokeSessions(registry)),
  };
  const manifest = { name: GOVERNANCE, version: VERSION, operations: Object.keys(operations) };
  return {
    name: GOVERNANCE,
    version: VERSION,
    moduleHash: hashOf(manifest),
    classes: {
      node_envelope: { limit: 1 },
      chain_index: { limit: 1 },
      chain: { limit: 256 },
      receipt_root: { limit: 257 },
      module: { limit: 100_000 },
      mounted: { limit: 100_000 },
      target: { limit: 100_000 },
      invocation: { limit: undefined },
      proposal: { limit: undefined },
      settlement: { limit: undefined },
      session: { limit: undefined },
      session_lease: { limit: undefined },
      revoked_leases: { limit: 1 },
    },
    operations,
    touches,
    evolve,
  };
}

/** Forgets the payload type; `admit` calls `accepts` first, which is what the type stood for. */
function named<P>(operation: GovernanceOperation<P>): NamedOperation<GovernanceEvent> {
  return operation as unknown as NamedOperation<GovernanceEvent>;
}
