import type { VerifierRegistry } from '@ioi/crypto';
import type { Module, NamedOperation } from '@ioi/protocol';
import type { PolicyCache } from '../boundary/policy-cache.ts';
import { hashOf } from '../governance/names.ts';
import { issueCertificate, revokeCertificate } from './certificates.ts';
import { advanceEpoch } from './epoch.ts';
import type { WalletEvent } from './events.ts';
import { evolve, touches } from './evolve.ts';
import { denyGrant, issueGrant, revokeGrant } from './grants.ts';
import { requestScopes } from './requests.ts';
import { WALLET, type WalletOperation } from './signed.ts';

/** Raised with every change of behaviour; old entries replay under the version they name. */
const VERSION = '1';

/**
 * Authority as a module of the node's own log (decision 0016): what may be done under which
 * scopes is asked for, given, handed on and taken back in the order of the acts themselves.
 */
export function walletModule(
  registry: VerifierRegistry,
  policies: PolicyCache,
): Module<WalletEvent> {
  const operations: Record<string, NamedOperation<WalletEvent>> = {
    'scope.request': named(requestScopes),
    'grant.issue': named(issueGrant(registry, policies)),
    'grant.deny': named(denyGrant(registry)),
    'grant.revoke': named(revokeGrant(registry)),
    'epoch.advance': named(advanceEpoch(registry)),
    'certificate.issue': named(issueCertificate(registry, policies)),
    'certificate.revoke': named(revokeCertificate(registry)),
  };
  const manifest = { name: WALLET, version: VERSION, operations: Object.keys(operations) };
  return {
    name: WALLET,
    version: VERSION,
    moduleHash: hashOf(manifest),
    classes: {
      authority_request: { limit: undefined },
      authority_asked: { limit: 1_000_000 },
      grant: { limit: undefined },
      authority_holding: { limit: 1_000_000 },
      certificate: { limit: undefined },
      certified: { limit: 1_000_000 },
    },
    operations,
    touches,
    evolve,
  };
}

/** Forgets the payload type; `admit` calls `accepts` first, which is what the type stood for. */
function named<P>(operation: WalletOperation<P>): NamedOperation<WalletEvent> {
  return operation as unknown as NamedOperation<WalletEvent>;
}
