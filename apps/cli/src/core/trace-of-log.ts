import type { Seen } from '@ioi/law';
import type { DecideAction, LogEntry, ReceiptEnvelope } from '@ioi/protocol';

export type TraceWanted = {
  /** Chain Time in milliseconds since 1970. */
  readonly since?: bigint;
  readonly session?: string;
};

const DENIED = 'action.deny';

/**
 * The requests of a log that went ahead, would have or waited, each as it was last decided. What a
 * rule blocks and what a person denied is no part of it.
 */
export function traceOfLog(entries: readonly LogEntry[], wanted: TraceWanted): readonly Seen[] {
  const byRequest = new Map<string, Seen>();
  for (const entry of entries) {
    const decided = decidedIn(entry);
    if (decided === undefined) continue;
    const { hash, seen } = decided;
    if (seen === undefined) byRequest.delete(hash);
    else if (isWanted(entry, seen, wanted)) byRequest.set(hash, seen);
  }
  return [...byRequest.values()];
}

function isWanted(entry: LogEntry, { request }: Seen, { since, session }: TraceWanted): boolean {
  if (since !== undefined && BigInt(entry.chain_time) < since) return false;
  return session === undefined || request.context.session_id === session;
}

/** The request an entry decides; without `seen` where it is no longer to be learnt from. */
function decidedIn(entry: LogEntry): { hash: string; seen?: Seen } | undefined {
  const emitted = entry.events.find((event) => event['type'] === 'receipt.emitted');
  const body = (emitted?.['receipt'] as ReceiptEnvelope | undefined)?.body;
  if (body === undefined || !('deciding_field' in body || 'code' in body)) return undefined;
  const { request_hash: hash, code, observed } = body;
  if (hash === undefined) return undefined;
  if (entry.operation === `boundary/${DENIED}`) return { hash };
  if (entry.operation !== 'boundary/action.decide') return undefined;
  if (code === 'policy.blocked' || code.startsWith('egress.')) return { hash };
  const { request, facts } = entry.payload as DecideAction;
  const asking = ['approval.required', 'policy.approved'];
  return { hash, seen: { request, facts, isAsked: asking.includes(observed?.code ?? code) } };
}
