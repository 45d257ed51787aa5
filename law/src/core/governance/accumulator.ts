import { assert, decodeHex, encodeHex } from '@ioi/basis';
import { canonicalBytes, type Digest, sha256 } from '@ioi/canon';
import { Frontier, leafHash } from '@ioi/merkle';

/** An RFC 6962 frontier as plain JSON: peaks are hex, largest first. */
export type AccumulatorHead = { readonly size: number; readonly peaks: readonly string[] };

const LEAF_TAG = 'IOI_SESSION_LEAF_V1';
/** Canonical bytes of nothing: no PaymentTicket, which is an object, has them. */
const NO_TICKET = 'null';

/** The accumulator with one more leaf hash; undefined is an empty one. */
export function accumulate(head: AccumulatorHead | undefined, leaf: Uint8Array): AccumulatorHead {
  const { size, peaks } = frontierOf(head).append(leaf).serialise();
  return { size, peaks: peaks.map(encodeHex) };
}

export function accumulatorRoot(head: AccumulatorHead | undefined): Digest {
  return `sha256:${encodeHex(frontierOf(head).root())}`;
}

/** The leaf of a receipt: RFC 6962, over its canonical bytes. */
export function receiptLeaf(body: object): Uint8Array {
  const bytes = canonicalBytes(body);
  assert(bytes.ok, 'a receipt has a canonical form');
  return leafHash(bytes.value);
}

/**
 * The leaf of one step of a session (whitepaper 4.2.3): the hash of the tag's hash, the receipt's
 * and the ticket's. A step nobody pays for has the hash of `null` in the place of its ticket.
 */
export function sessionLeaf(receiptHash: string, ticketHash: string | undefined): Uint8Array {
  const ticket = ticketHash === undefined ? sha256(NO_TICKET) : digestBits(ticketHash);
  const bytes = new Uint8Array(96);
  bytes.set(sha256(LEAF_TAG), 0);
  bytes.set(digestBits(receiptHash), 32);
  bytes.set(ticket, 64);
  return sha256(bytes);
}

function digestBits(digest: string): Uint8Array {
  const bits = decodeHex(digest.slice('sha256:'.length));
  assert(bits !== undefined, 'a digest is 64 hex digits');
  return bits;
}

function frontierOf(head: AccumulatorHead | undefined): Frontier {
  if (head === undefined) return Frontier.empty;
  const peaks = head.peaks.map((peak) => decodeHex(peak) ?? new Uint8Array());
  const restored = Frontier.restore({ size: head.size, peaks });
  assert(restored.ok, 'an accumulator is what accumulate gave');
  return restored.value;
}
