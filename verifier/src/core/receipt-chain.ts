import type { Digest } from '@ioi/canon';
import { NO_RECEIPT, nodeEventsOf, receiptHash } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';

/**
 * Every receipt names the digest of the one before it and its own place in the log (whitepaper
 * A.2), whichever module emitted it. Replay would show the same; this shows it without trusting
 * replay.
 */
export class ReceiptChain {
  #last: Digest = NO_RECEIPT;

  /** Why the receipts of an entry do not continue the chain. */
  brokenBy(entry: LogEntry): string | undefined {
    for (const event of nodeEventsOf(entry)) {
      if (event.type !== 'receipt.emitted') continue;
      const body = event.receipt?.body;
      if (body?.prev_receipt_hash !== this.#last) return 'it does not name the receipt before it';
      if (body.seq !== entry.seq) return 'it names another place in the log';
      this.#last = receiptHash(body);
    }
    return undefined;
  }
}
