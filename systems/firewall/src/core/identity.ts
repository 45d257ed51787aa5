import { encodeUtf8, err, ok, type Result } from '@ioi/basis';
import { canonicalJson, type Digest, digestBytes } from '@ioi/canon';
import type { ActionRequest, Rejection, VerdictCode } from '@ioi/protocol';

/** Largest request in canonical form, in bytes; longer texts travel as payloads. */
export const LARGEST_REQUEST = 49_152;

export type RequestFault = Rejection & { readonly code: VerdictCode };

/** `request_hash`: SHA-256 of the canonical JSON (whitepaper A.2). */
export function identify(request: ActionRequest): Result<Digest, RequestFault> {
  const text = canonicalJson(request);
  if (!text.ok) return err({ code: 'canon.refused', message: text.error.message });
  if (isTooLarge(text.value)) {
    const message = `the request exceeds ${LARGEST_REQUEST} bytes`;
    return err({ code: 'request.too_large', message });
  }
  return ok(digestBytes(text.value));
}

function isTooLarge(text: string): boolean {
  if (text.length > LARGEST_REQUEST) return true;
  // No code unit takes more than three bytes of UTF-8.
  return text.length * 3 > LARGEST_REQUEST && encodeUtf8(text).length > LARGEST_REQUEST;
}
