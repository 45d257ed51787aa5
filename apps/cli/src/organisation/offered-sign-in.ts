import { digestOf } from '@ioi/canon';
import { challengeOf } from '@ioi/law';
import { isRoleSession, type SignInBegun } from '@ioi/protocol';

/**
 * What is wrong with a sign-in that a node offers; undefined: nothing. What comes of it is worth as
 * much as its nonce says, and a key signs what it is given: neither is taken on the node's word.
 */
export function wrongInOffered(
  { url, session }: SignInBegun,
  reason: string | undefined,
): string | undefined {
  if (!isRoleSession(session)) return 'it offers no session with a role';
  if (session.break_glass?.reason !== reason) return 'it offers another reason';
  const at = URL.parse(url);
  const isWeb = at?.protocol === 'https:' || (at?.protocol === 'http:' && isHere(at.hostname));
  if (at === null || !isWeb) return 'it names no address of a provider';
  const digest = digestOf(session);
  const nonces = at.searchParams.getAll('nonce');
  const isOwn = digest.ok && nonces.length === 1 && nonces[0] === challengeOf(digest.value);
  return isOwn ? undefined : 'the sign-in is for something else';
}

function isHere(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === 'localhost';
}
