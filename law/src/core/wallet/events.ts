import type { Digest } from '@ioi/canon';
import type { HybridSignature } from '@ioi/crypto';
import type { AuthorityGrantEnvelope, DelegationCertificate } from '@ioi/protocol';
import type { EventOf } from '../boundary/events.ts';
import type { AuthorityEvent } from './authority-events.ts';

/** What wallet operations bring about; together with the operation they stand in the log. */
export type WalletEvent =
  | AuthorityEvent
  | {
      readonly type: 'grant.issued';
      readonly grant: AuthorityGrantEnvelope;
      /** Certificates it was given under, the owner's first. */
      readonly path: readonly string[];
      /** What the subject holds from here on. */
      readonly holding: readonly string[];
    }
  | {
      readonly type: 'grant.revoked';
      readonly authority_grant_id: string;
      readonly subject_id: string;
    }
  | { readonly type: 'revocation_epoch.advanced'; readonly revocation_epoch: string }
  | {
      readonly type: 'certificate.issued';
      readonly certificate: DelegationCertificate;
      readonly key_id: Digest;
      readonly signature: HybridSignature;
      readonly path: readonly string[];
    }
  | { readonly type: 'certificate.revoked'; readonly certificate_id: string }
  /** The act that waited for what was denied ends. */
  | EventOf<'receipt.emitted'>;

export type WalletEventOf<T extends WalletEvent['type']> = Extract<WalletEvent, { type: T }>;
