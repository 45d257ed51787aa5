import type { Digest } from '@ioi/canon';
import type { AuthorityScopeRequestEnvelope } from '@ioi/protocol';

/** One act under a grant: what it takes of the grant and of every certificate above it. */
export type AuthorityUse = {
  readonly authority_grant_id: string;
  readonly subject_id: string;
  readonly certificate_ids: readonly string[];
  /** Exact US dollars. */
  readonly spend_usd: string;
};

/** What becomes of authority when acts are decided and recorded. */
export type AuthorityEvent =
  | { readonly type: 'authority.requested'; readonly request: AuthorityScopeRequestEnvelope }
  /** Nobody need answer a request any more. */
  | {
      readonly type: 'authority.closed';
      readonly authority_request_id: string;
      readonly status: 'granted' | 'denied' | 'expired';
    }
  | {
      readonly type: 'authority.used';
      readonly request_hash: Digest;
      readonly use: AuthorityUse;
    }
  /** Nothing happened, so the use is given back. Unknown effects stay counted. */
  | {
      readonly type: 'authority.released';
      readonly request_hash: Digest;
      readonly use: AuthorityUse;
    };
