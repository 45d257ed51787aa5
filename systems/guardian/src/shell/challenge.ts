import { type Digest, digestOf } from '@ioi/canon';
import { type ApproversHead, challengeOf } from '@ioi/law';
import type { PageSession } from './page-sessions.ts';

export type Challenge = {
  /** base64url. */
  readonly challenge: string;
  readonly rp_id: string;
  /** Credential ids, base64. */
  readonly allow: readonly string[];
};

/** What a passkey of this page is asked to sign. */
export function challengeOver(
  { place }: PageSession,
  digest: Digest,
  approvers: ApproversHead | undefined,
): Challenge {
  const here = approvers?.factors.filter((each) => each.origin === place.origin) ?? [];
  const allow = here.map(({ credential_id }) => credential_id);
  return { challenge: challengeOf(digest), rp_id: place.rpId, allow };
}

/** Of what is signed, which always has a canonical form. */
export function signedDigest(value: object): Digest {
  const digest = digestOf(value);
  if (!digest.ok) throw new Error(digest.error.message);
  return digest.value;
}
