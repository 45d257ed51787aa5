import {
  decodeToken,
  type LeaseContext,
  mayRead,
  stillHolds,
  verifySessionLease,
} from '@ioi/agentgres';
import { err, ok, type Result } from '@ioi/basis';
import type { VerifierRegistry } from '@ioi/crypto';
import { keys, type NodeHead } from '@ioi/law';
import type { Rejection, SessionLease, View } from '@ioi/protocol';

export type GuardOptions = {
  readonly domain: string;
  readonly view: View;
  readonly registry: VerifierRegistry;
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

  /** Rejects with `session.invalid`. */
  readerOf(authorization: string | undefined): Result<Reader, Rejection> {
    if (authorization === undefined) return ok({ lease: undefined });
    const token = /^Bearer ([A-Za-z0-9_-]+)$/i.exec(authorization)?.[1];
    const lease = token === undefined ? undefined : decodeToken(token);
    if (lease === undefined) {
      return err({ code: 'session.invalid', message: 'authorization is no session: Bearer …' });
    }
    const held = this.#held(lease);
    return held.ok ? ok({ lease: held.value }) : held;
  }

  #held(lease: unknown): Result<SessionLease, Rejection> {
    const context = this.#context();
    if (context) return verifySessionLease(lease, context, this.#options.registry);
    return err({ code: 'session.invalid', message: 'the log is empty' });
  }

  #context(): LeaseContext | undefined {
    const { view, domain, chainTime } = this.#options;
    const node = view.get<NodeHead>(keys.node);
    return (
      node && {
        domainId: domain,
        ownerKey: node.owner_key,
        chainTime: chainTime(),
        revocationEpoch: BigInt(node.revocation_epoch),
      }
    );
  }

  /** Rejects with `session.out_of_scope`. */
  admit({ lease }: Reader, projection: string): Result<void, Rejection> {
    if (lease === undefined || mayRead(lease, projection)) return ok(undefined);
    const message = `this session does not cover ${projection}`;
    return err({ code: 'session.out_of_scope', message });
  }

  /** Whether who was admitted may go on: sessions end while streams do not. */
  mayGoOn({ lease }: Reader): boolean {
    const context = this.#context();
    return lease === undefined || (context !== undefined && stillHolds(lease, context));
  }
}
