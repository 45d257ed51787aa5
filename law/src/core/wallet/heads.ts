import type { HybridSignature } from '@ioi/crypto';
import type {
  AuthorityGrantEnvelope,
  AuthorityScopeRequestEnvelope,
  DelegationCertificate,
  HeadKey,
} from '@ioi/protocol';

/** Objects of the wallet module, by class. Values are plain JSON: they stand in the tree. */
export type RequestHead = { readonly request: AuthorityScopeRequestEnvelope };

/** What is left of what was given; of what was given without a bound nothing is counted. */
export type Remaining = { readonly calls?: string; readonly budget_usd?: string };

export type GrantHead = {
  readonly grant: AuthorityGrantEnvelope;
  /** Certificates it was given under, the owner's first. */
  readonly path: readonly string[];
  readonly remaining: Remaining;
};

export type CertificateHead = {
  readonly certificate: DelegationCertificate;
  readonly signature: HybridSignature;
  /** Certificates above it, the owner's first. */
  readonly path: readonly string[];
  readonly remaining: Remaining;
  readonly status: 'active' | 'revoked';
};

/** Grants a subject may still use, oldest first: those used up or revoked are gone from here. */
export type HoldingHead = { readonly grants: readonly string[] };

/** Certificates of a subject, by the id of the key each is for. */
export type CertifiedHead = { readonly certificates: Readonly<Record<string, string>> };

export const walletKeys = {
  request: (id: string): HeadKey => ({ headClass: 'authority_request', id }),
  /** Requests nobody answered yet: their complete listing is one subtree. */
  asked: (id: string): HeadKey => ({ headClass: 'authority_asked', id }),
  grant: (id: string): HeadKey => ({ headClass: 'grant', id }),
  holding: (subjectId: string): HeadKey => ({ headClass: 'authority_holding', id: subjectId }),
  certificate: (id: string): HeadKey => ({ headClass: 'certificate', id }),
  certified: (subjectId: string): HeadKey => ({ headClass: 'certified', id: subjectId }),
} as const;
