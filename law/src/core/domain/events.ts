import type { Digest } from '@ioi/canon';
import type { DomainGenesis, HybridPublicKey } from '@ioi/protocol';
import type { PrincipalHead } from '../ledger/index.ts';

/** What the life of a domain brings about, whatever its other modules are for. */
export type DomainEvent =
  | {
      readonly type: 'domain.created';
      /** With the number of the grant by which its node came to the guardian it begins under. */
      readonly genesis: DomainGenesis & { readonly succession?: string };
    }
  | { readonly type: 'domain.opened'; readonly domain_id: string }
  | {
      readonly type: 'principal.registered';
      readonly key_id: Digest;
      readonly principal: PrincipalHead;
    }
  | { readonly type: 'principal.revoked'; readonly key_id: Digest }
  | {
      readonly type: 'epoch.changed';
      readonly epoch: string;
      readonly reason: 'handover' | 'restore' | 'succession';
      readonly size: string;
      /** Entries that were sealed before a restore, as far as its owner knew. */
      readonly known_size?: string;
      /** Number of the grant by which a node that stood by took over. */
      readonly succession?: string;
      readonly guardian_key: HybridPublicKey;
      readonly origin: string;
    };
