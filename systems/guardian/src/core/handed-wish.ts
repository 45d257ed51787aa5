import { clipped, visible } from '@ioi/law';
import type { GovernanceReview } from '@ioi/protocol';
import type { Asked } from './statements.ts';

/** What another page may hand over to be signed, beside a policy: nothing but ids. */
export type Handed = {
  /** A grant, a certificate with all that hangs below it, or `everything`. */
  readonly revoke?: unknown;
  /** What somebody asked to be granted, for more than one act. */
  readonly lease?: unknown;
};

/** What is to be signed, as the page shows it: every text is safe to print. */
export type WishView = {
  readonly review_hash: string;
  readonly title: string;
  /** What its button says. */
  readonly act: string;
  readonly words: readonly string[];
  /** It gives; what takes back is undone by giving anew. */
  readonly widens: boolean;
};

type Handing = {
  readonly operation: 'grant.revoke' | 'certificate.revoke' | 'epoch.advance' | 'grant.issue';
  readonly asked: Asked;
};

const GRANT = /^grant_[0-9a-f]{32}$/;
const CERTIFICATE = /^cert_[0-9a-f]{32}$/;
const REQUEST = /^authreq_[0-9a-f]{32}$/;
/** As much as a lease of the policy is proposed for. */
const LEASE_MS = 8n * 3_600_000n;
const LEASE_CALLS = '50';
const LONGEST = 4_000;
const MOST_LINES = 1_000;
const TITLES: Readonly<Record<Handing['operation'], Pick<WishView, 'title' | 'act'>>> = {
  'grant.revoke': { title: 'A grant to take back', act: 'Take it back' },
  'certificate.revoke': { title: 'A certificate to take back', act: 'Take it back' },
  'epoch.advance': { title: 'Everything given, to take back', act: 'Take everything back' },
  'grant.issue': { title: 'A lease to grant', act: 'Grant the lease' },
};

/** Undefined where it is nothing that may be handed over. How long a lease is, is said here. */
export function wishOf({ revoke, lease }: Handed, chainTime: bigint): Handing | undefined {
  if (lease === undefined) return typeof revoke === 'string' ? revocationOf(revoke) : undefined;
  if (revoke !== undefined || typeof lease !== 'string' || !REQUEST.test(lease)) return undefined;
  const constraints = { max_calls: LEASE_CALLS, expires_at: String(chainTime + LEASE_MS) };
  const asked = { authority_request_id: lease, lease: true, constraints };
  return { operation: 'grant.issue', asked };
}

function revocationOf(id: string): Handing | undefined {
  if (id === 'everything') return { operation: 'epoch.advance', asked: {} };
  if (GRANT.test(id)) return { operation: 'grant.revoke', asked: { authority_grant_id: id } };
  if (!CERTIFICATE.test(id)) return undefined;
  return { operation: 'certificate.revoke', asked: { certificate_id: id } };
}

/** What gives is looked at whole on a page, or not signed there. What takes back is not held up. */
export function isWishShowable({ operation, words }: GovernanceReview): boolean {
  if (operation !== 'grant.issue') return true;
  return words.length <= MOST_LINES && words.every((each) => visible(each).length <= LONGEST);
}

export function wishView({ operation, review_hash, words }: GovernanceReview): WishView {
  const told = TITLES[operation as Handing['operation']];
  const lines = words.map((each) => clipped(each, LONGEST));
  return { ...told, review_hash, words: lines, widens: operation === 'grant.issue' };
}
