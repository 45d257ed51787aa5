import type { Answered, Seen } from '@ioi/law';
import type {
  DecideAction,
  FirewallDecisionReceipt,
  LogEntry,
  ReceiptEnvelope,
} from '@ioi/protocol';

export type TraceWanted = {
  /** Chain Time in milliseconds since 1970. */
  readonly since?: bigint;
  readonly session?: string;
};

const DECIDE = 'boundary/action.decide';
const DENY = 'boundary/action.deny';
const APPROVED = 'policy.approved';

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

/**
 * What a person was asked about and answered: approvals from a time on, and every denial there is,
 * since what was denied once is not to be let pass by what was approved later.
 */
export function answersOfLog(
  entries: readonly LogEntry[],
  since: bigint | undefined,
): readonly Answered[] {
  const asked = new Map<string, Pick<Answered, 'request' | 'facts'>>();
  const answered: Answered[] = [];
  for (const entry of entries) {
    const { request_hash: hash = '', code } = decisionIn(entry) ?? {};
    if (entry.operation === DECIDE) {
      const { request, facts } = entry.payload as DecideAction;
      asked.set(hash, { request, facts });
      const isRecent = since === undefined || BigInt(entry.chain_time) >= since;
      if (code === APPROVED && isRecent) answered.push({ request, facts, isApproved: true });
    }
    const denied = entry.operation === DENY ? asked.get(hash) : undefined;
    if (denied !== undefined) answered.push({ ...denied, isApproved: false });
  }
  return answered;
}

/** The request an entry decides; without `seen` where it is no longer to be learnt from. */
function decidedIn(entry: LogEntry): { hash: string; seen?: Seen } | undefined {
  const body = decisionIn(entry);
  if (body?.request_hash === undefined) return undefined;
  const { request_hash: hash, code, observed } = body;
  if (entry.operation === DENY) return { hash };
  if (entry.operation !== DECIDE) return undefined;
  if (code === 'policy.blocked' || code.startsWith('egress.')) return { hash };
  const { request, facts } = entry.payload as DecideAction;
  const asking = ['approval.required', APPROVED];
  return { hash, seen: { request, facts, isAsked: asking.includes(observed?.code ?? code) } };
}

/** What the receipt of a decision says. */
function decisionIn({ events }: LogEntry): FirewallDecisionReceipt | undefined {
  const emitted = events.find((event) => event['type'] === 'receipt.emitted');
  const body = (emitted?.['receipt'] as ReceiptEnvelope | undefined)?.body;
  if (body === undefined || !('deciding_field' in body || 'code' in body)) return undefined;
  return body as FirewallDecisionReceipt;
}
