import {
  contextOfIssuer,
  decodeToken,
  type KnownIssuer,
  type LeaseContext,
  mayRead,
  stillHolds,
  verifySessionLease,
} from '@ioi/agentgres';
import { err, ok, type Result } from '@ioi/basis';
import { keyId, type VerifierRegistry } from '@ioi/crypto';
import { isRevoked, keys, type NodeHead } from '@ioi/law';
import { isSessionLease, type Rejection, type SessionLease, type View } from '@ioi/protocol';

export type GuardOptions = {
  readonly domain: string;
  /** Heads of the node's own log, which says who its owner is and which sessions ended. */
  readonly view: View;
  readonly registry: VerifierRegistry;
  /** Other owners whose sessions are taken here. */
  readonly issuers: { find(issuerId: string): KnownIssuer | undefined };
  /** As far as is known here; never behind the clock, so a clock can end a session early only. */
  readonly chainTime: () => bigint;
};

/** Who reads: the owner, on the socket only the owner can open, or a session's bearer. */
export type Reader = { readonly lease: SessionLease | undefined };

/** What a request may read (whitepaper 7.4): by the session it carries, and by nothing stored. */
export class SessionGuard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Rejects with `session.invalid`, `session.revoked` or `session.revocation_unknown`. */
  readerOf(authorization: string | undefined): Result<Reader, Rejection> {
    if (authorization === undefined) return ok({ lease: undefined });
    const token = /^Bearer ([A-Za-z0-9_-]+)$/i.exec(authorization)?.[1];
    const lease = token === undefined ? undefined : decodeToken(token);
    if (!isSessionLease(lease)) {
      return err({ code: 'session.invalid', message: 'authorization is no session: Bearer …' });
    }
    const context = this.#contextFor(lease);
    if (!context.ok) return context;
    const held = verifySessionLease(lease, context.value, this.#options.registry);
    return held.ok ? ok({ lease: held.value }) : held;
  }

  #contextFor({ issuer_id }: SessionLease): Result<LeaseContext, Rejection> {
    const { view, domain, chainTime, issuers } = this.#options;
    const issuer = issuers.find(issuer_id);
    const node = view.get<NodeHead>(keys.node);
    const isOwn = node !== undefined && issuer_id === keyId(node.owner_key);
    if (!isOwn && issuer !== undefined) return contextOfIssuer(issuer, domain, chainTime());
    if (!node) return err({ code: 'session.invalid', message: 'the log is empty' });
    return ok({
      domainId: domain,
      ownerKey: node.owner_key,
      chainTime: chainTime(),
      revocationEpoch: BigInt(node.revocation_epoch),
      isRevoked: (id) => isRevoked(view, id),
    });
  }

  /** Rejects with `session.out_of_scope`. */
  admit({ lease }: Reader, projection: string): Result<void, Rejection> {
    if (lease === undefined) return ok(undefined);
    const most = this.#options.issuers.find(lease.issuer_id)?.issuer.projection_scope;
    const isOffered = most === undefined || mayRead({ projection_scope: most }, projection);
    if (isOffered && mayRead(lease, projection)) return ok(undefined);
    const message = `this session does not cover ${projection}`;
    return err({ code: 'session.out_of_scope', message });
  }

  /** Whether who was admitted may go on: sessions end while streams do not. */
  mayGoOn({ lease }: Reader): boolean {
    if (lease === undefined) return true;
    const context = this.#contextFor(lease);
    return context.ok && stillHolds(lease, context.value).ok;
  }
}
