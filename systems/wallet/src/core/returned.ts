import type { Header } from './admit.ts';
import { redactText } from './redact.ts';

/**
 * Of one connection only, of the body as it was before secrets left it, or (cookies) a credential
 * of its own.
 */
const KEPT_BACK =
  /^(connection|ioi-.*|content-(encoding|length|md5|digest)|keep-alive|proxy-.*|repr-digest|set-cookie2?|te|trailer|transfer-encoding|upgrade)$/;

/** What of a server's headers goes back to the daemon. */
export function returnedHeaders(
  headers: Iterable<Header>,
  secrets: readonly string[],
): readonly Header[] {
  return [...headers]
    .filter(([name]) => !KEPT_BACK.test(name))
    .map(([name, value]) => [redactText(name, secrets), redactText(value, secrets)] as const)
    .filter(([name]) => /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name));
}
