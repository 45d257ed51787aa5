import type { ProposedOperation } from '@ioi/law';
import type { LogEntry } from '@ioi/protocol';
import type { Beside, Payloads, Prepared, Reference, Refusal, Seal } from '../core/index.ts';
import { referencesTo } from './open-log.ts';

/** An operation that was sealed: canonical text of its entry, and the seal that covers it. */
export type SealedOperation = { readonly text: string; readonly seal: Seal };

export type Submitted =
  | { readonly ok: true; readonly value: SealedOperation }
  | { readonly ok: false; readonly error: Refusal };

/** An operation that was submitted and is not answered yet. */
export type Waiting = {
  readonly operation: ProposedOperation;
  readonly payloads: Payloads;
  readonly beside: readonly Beside[];
  readonly settle: (result: Submitted) => void;
  readonly fail: (fault: unknown) => void;
};

/** Of what was refused nothing is kept. */
export function besideIn(batch: readonly Waiting[], { results }: Prepared): Beside[] {
  return batch.flatMap(({ beside }, at) => ('index' in (results[at] ?? {}) ? beside : []));
}

export function payloadsOf(batch: readonly Waiting[]): Payloads {
  return Object.assign({}, ...batch.map((each) => each.payloads)) as Payloads;
}

/** Operations of these modules are looked up by their id alone, so their entries stay unread. */
const UNREAD = 'objects/';

export function answersIn(batch: readonly Waiting[], { entries, results }: Prepared) {
  const answers = new Map<ProposedOperation, string>();
  batch.forEach(({ operation }, position) => {
    const result = results[position];
    const text = result && 'index' in result ? entries[result.index] : undefined;
    if (text !== undefined) answers.set(operation, text);
  });
  return answers;
}

export function referencesIn(
  batch: readonly Waiting[],
  { entries, results }: Prepared,
  first: number,
): Reference[] {
  const unread = new Map<number, string>();
  batch.forEach(({ operation }, position) => {
    const result = results[position];
    if (result && 'index' in result && operation.operation.startsWith(UNREAD)) {
      unread.set(result.index, operation.operation_id);
    }
  });
  return entries.flatMap((text, at) => {
    const id = unread.get(at);
    if (id !== undefined) return { reference: id, seq: first + at };
    return referencesTo(JSON.parse(text) as LogEntry);
  });
}
