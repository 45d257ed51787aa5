import type { Header } from './admit.ts';
import { redactText } from './redact.ts';

/**
 * Of one connection only, of the body as it was before secrets left it, or (cookies) a credential
 * of its own.
 */
const KEPT_BACK: readonly string[] = [
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['content-encoding', 'content-length', 'content-md5', 'content-digest', 'repr-digest'],
  ...['set-cookie', 'set-cookie2'],
];
/** Of proxies, and our own: a server does not refuse in the edge's name. */
const KEPT_FAMILY = /^(ioi|proxy)-/;

/** What of a server's headers goes back to the daemon. */
export function returnedHeaders(
  headers: Iterable<Header>,
  secrets: readonly string[],
): readonly Header[] {
  return [...headers]
    .filter(([name]) => !KEPT_BACK.includes(name) && !KEPT_FAMILY.test(name))
    .map(([name, value]) => [redactText(name, secrets), redactText(value, secrets)] as const)
    .filter(([name]) => /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name));
}
