import { shortDomain } from './domain-view.ts';

/** A receipt by its own id, and where it stands. */
export type PlacedReceipt = {
  readonly receiptId: string;
  readonly domainId: string;
  readonly seq: string;
};

/** A receipt that verifies is not yet the one that was asked for; undefined where it is. */
export function otherThanAsked(
  asked: PlacedReceipt & { readonly domain?: string | undefined },
  came: PlacedReceipt,
): string | undefined {
  const { receiptId, domainId, seq, domain = domainId } = asked;
  if (came.receiptId !== receiptId) return `${came.receiptId} came, not ${receiptId}`;
  const isThere = came.domainId === domainId && shortDomain(domainId) === shortDomain(domain);
  if (!isThere) return `what came is of ${came.domainId}, not of ${domain}`;
  return came.seq === seq ? undefined : `what came is entry ${came.seq}, not ${seq}`;
}

/** The one that was asked for by its id; of another item, the first that its entry gave. */
export function receiptAmong(ids: readonly string[], asked: string): string | undefined {
  const isReceipt = asked.startsWith('receipt_');
  return ids.find((id) => id.startsWith(asked)) ?? (isReceipt ? undefined : ids[0]);
}
