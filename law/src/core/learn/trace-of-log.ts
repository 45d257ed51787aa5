import type {
  DecideAction,
  FirewallDecisionReceipt,
  LogEntry,
  ReceiptEnvelope,
} from '@ioi/protocol';
import type { Answered } from '../leases/answered.ts';
import type { Held, Seen } from './trace.ts';

export type TraceWanted = {
  /** Chain Time in milliseconds since 1970. */
  readonly since?: bigint;
  readonly session?: string;
};

export const DECIDE = 'boundary/action.decide';
const DENY = 'boundary/action.deny';
const APPROVED = 'policy.approved';

export type LogTrace = {
  /** Requests that went ahead or waited, each as it was last decided. */
  readonly trace: readonly Seen[];
  /** What was blocked, or denied by a person, and not let go ahead since. */
  readonly held: readonly Held[];
};

/** What a log holds to learn from; of what did not go ahead all of it, however long ago. */
export function traceOfLog(entries: readonly LogEntry[], wanted: TraceWanted): LogTrace {
  const seen = new Map<string, Seen>();
  const held = new Map<string, Held>();
  const asked = new Map<string, Held>();
  for (const entry of entries) {
    const decided = decidedIn(entry);
    if (decided === undefined) continue;
    const { hash, isHeld, isAsked } = decided;
    if (entry.operation === DECIDE) {
      const { request, facts } = entry.payload as DecideAction;
      asked.set(hash, { request, facts });
    }
    const about = asked.get(hash);
    if (about === undefined) continue;
    const said = JSON.stringify([about.request.target, about.request.params]);
    if (isHeld) {
      seen.delete(hash);
      held.set(said, about);
    } else {
      if (!isAsked) held.delete(said);
      if (isWanted(entry, about, wanted)) seen.set(hash, { ...about, isAsked });
    }
  }
  return { trace: [...seen.values()], held: [...held.values()] };
}

function isWanted(entry: LogEntry, { request }: Held, { since, session }: TraceWanted): boolean {
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

type Decided = { readonly hash: string; readonly isHeld: boolean; readonly isAsked: boolean };

/** The request an entry decides, and whether it was held back, or a person asked about it. */
function decidedIn(entry: LogEntry): Decided | undefined {
  const body = decisionIn(entry);
  if (body?.request_hash === undefined) return undefined;
  const { request_hash: hash, code, observed, verdict } = body;
  if (entry.operation === DENY) return { hash, isHeld: true, isAsked: true };
  if (entry.operation !== DECIDE) return undefined;
  const isAsked = ['approval.required', APPROVED].includes(observed?.code ?? code);
  return { hash, isHeld: verdict.kind === 'Block', isAsked };
}

/** What the receipt of a decision says. */
export function decisionIn({ events }: LogEntry): FirewallDecisionReceipt | undefined {
  const emitted = events.find((event) => event['type'] === 'receipt.emitted');
  const body = (emitted?.['receipt'] as ReceiptEnvelope | undefined)?.body;
  if (body === undefined || !('deciding_field' in body || 'code' in body)) return undefined;
  return body as FirewallDecisionReceipt;
}
