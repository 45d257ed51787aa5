type Value = { readonly [name: string]: unknown };
type Entry = { readonly operation?: string; readonly events?: readonly Value[] };

/** An exported log, read as anybody can: a line of JSON for each entry. */
export class SealedLog {
  readonly text: string;
  readonly #entries: readonly Entry[];

  constructor(text: string) {
    this.text = text;
    this.#entries = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry);
  }

  /** How many effects were done of a request: its execution receipts. */
  executionsOf(requestHash: string): number {
    return this.#receipts.filter((each) => {
      return each['receipt_type'] === 'tool_execution' && each['input_hash'] === requestHash;
    }).length;
  }

  /** Whether anything of a request was ever sealed for its effect. */
  isCommitted(requestHash: string): boolean {
    return this.committed.includes(requestHash);
  }

  /** Request hashes of all that was sealed to be done, in order. */
  get committed(): readonly string[] {
    return this.eventsOf('action.committed').map((event) => {
      return String((event['committed'] as Value)['request_hash']);
    });
  }

  /** The request that a receipt is of. */
  requestOf(receiptId: string): string {
    const receipt = this.#receipts.find((each) => each['receipt_id'] === receiptId);
    if (receipt === undefined) throw new Error(`the log has no ${receiptId}`);
    return String(receipt['input_hash']);
  }

  get receiptIds(): ReadonlySet<string> {
    return new Set(this.#receipts.map((each) => String(each['receipt_id'])));
  }

  eventsOf(type: string): readonly Value[] {
    return this.#entries.flatMap(({ events = [] }) => events.filter((e) => e['type'] === type));
  }

  /** What was sealed to be done after the last entry of an operation. */
  committedAfter(operation: string): number {
    const at = this.#entries.findLastIndex((entry) => entry.operation === operation);
    if (at === -1) throw new Error(`the log has no ${operation}`);
    const later = this.#entries.slice(at).flatMap(({ events = [] }) => events);
    return later.filter((event) => event['type'] === 'action.committed').length;
  }

  get #receipts(): readonly Value[] {
    return this.eventsOf('receipt.emitted').map((event) => event['receipt'] as Value);
  }
}
