import type {
  AuthorityGrantEnvelope,
  AuthorityScopeRequestEnvelope,
  DelegationCertificate,
} from './types.ts';

/** `GET /v1/wallet/requests`: what nobody answered yet. */
export type ScopeRequestsPage = { readonly requests: readonly AuthorityScopeRequestEnvelope[] };

/** `POST /v1/wallet/requests`: what an agent wants to be allowed, ahead of any act. */
export type WantedScopes = {
  readonly subject_id: string;
  readonly authority_scopes: readonly string[];
  readonly primitive_capabilities: readonly string[];
  readonly resources: readonly string[];
  readonly max_budget_usd?: string;
  /** Chain Time; a day from now unless told. */
  readonly expiry?: string;
};

/** `POST /v1/wallet/signed`: what the key of a certificate signed. */
export type SignedAuthority = {
  readonly operation: 'grant.issue' | 'grant.revoke' | 'certificate.issue' | 'certificate.revoke';
  readonly payload: Readonly<Record<string, unknown>>;
  /** Canonical text of the policy that it is bound to. */
  readonly region?: string;
};

type Held = {
  /** What is left of it; of what has no bound nothing is counted. */
  readonly remaining: { readonly calls?: string; readonly budget_usd?: string };
  /** Certificates above it, the owner's first. */
  readonly path: readonly string[];
  /** The member by which it ended; absent where it is in force. */
  readonly ended?: string;
};

export type ShownGrant = Held & { readonly grant: AuthorityGrantEnvelope };
export type ShownCertificate = Held & { readonly certificate: DelegationCertificate };

/** `GET /v1/wallet/grants` */
export type GrantsPage = {
  readonly revocation_epoch: string;
  readonly grants: readonly ShownGrant[];
};

/** `GET /v1/wallet/certificates` */
export type CertificatesPage = { readonly certificates: readonly ShownCertificate[] };
