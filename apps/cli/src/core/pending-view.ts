import type { Json } from '@ioi/canon';
import { referenceIn, revealed } from '@ioi/law';
import type { ActionFacts, ActionRequest, FirewallDecisionReceipt } from '@ioi/protocol';
import { shortId } from './match-id.ts';
import type { Paint } from './paint.ts';
import { clipped, preview, visible } from './visible.ts';

/** What waits for a person, from the guardian's own copy (`GET /pending` on guardian.sock). */
export type PendingItem = {
  readonly request_hash: string;
  readonly request: ActionRequest;
  readonly facts: ActionFacts;
  readonly contract: {
    readonly server: string;
    readonly tool: string;
    readonly risk_class: string;
    readonly effect: string;
  };
  readonly receipt: Pick<
    FirewallDecisionReceipt,
    'rule_id' | 'deciding_field' | 'policy_hash' | 'authority_request_id'
  >;
  /** Chain Time, milliseconds. */
  readonly expires: string;
};

const COLUMNS = 76;
const CONTENT_LINES = 12;
const VALUE_LINES = 24;

/**
 * Exactly what an approval would sign, line by line. Every text of the agent stands behind a bar,
 * escaped and broken by us, so it can neither leave its place nor look like one of our lines.
 */
export function pendingView(
  item: PendingItem,
  left: string,
  paint: Paint,
  payloads: ReadonlyMap<string, string> = new Map(),
): string[] {
  const { request, facts, contract, receipt } = item;
  const { target, params, context } = request;
  const lines = [
    `${paint('bold', shortId(item.request_hash))}  ${paint('yellow', visible(target))}`,
    fact(
      'tool',
      `${contract.server} ${contract.tool} (${contract.effect}, risk ${contract.risk_class})`,
    ),
    fact('asked by', context.agent_id),
  ];
  for (const [name, value] of Object.entries(params))
    lines.push(...parameter(name, value, payloads));
  lines.push(...Object.entries(facts).map(([name, value]) => fact(name, String(value))));
  lines.push(fact('rule', receipt.rule_id ?? 'none'));
  lines.push(fact('because of', receipt.deciding_field ?? 'the target'));
  lines.push(fact('expires', left));
  lines.push(fact('request', item.request_hash));
  return lines;
}

/** What a person may do about it: one that lacks scopes cannot be approved. */
export function nextOf(item: PendingItem): string {
  const { request_hash, receipt } = item;
  const id = shortId(request_hash);
  if (asksForWords(item)) return `  next: ioi answer ${id} WORDS    or: ioi deny ${id}`;
  const { authority_request_id: asked } = receipt;
  const give = asked === undefined ? `ioi approve ${id}` : `ioi wallet grant ${shortId(asked)}`;
  return `  next: ${give}    or: ioi deny ${id}`;
}

/** A question of an agent (`person.ask`) that nobody answered yet. */
export function asksForWords({ request }: Pick<PendingItem, 'request'>): boolean {
  const { answer } = request.params as { readonly answer?: unknown };
  return request.target === 'person::ask' && answer === '';
}

function fact(name: string, value: string): string {
  return `  ${clipped(name, 20).padEnd(16)}${visible(value)}`;
}

function parameter(name: string, given: unknown, payloads: ReadonlyMap<string, string>): string[] {
  const value = revealed(given, (digest) => payloads.get(digest));
  const missing = referenceIn(value);
  if (missing !== undefined) {
    return [fact(name, `${missing.bytes} bytes, not shown here: ${missing.$payload}`)];
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value as Json);
  if (!isBlock(name, text) && typeof value !== 'object') return [fact(name, text)];
  const most = name === 'content' ? CONTENT_LINES : VALUE_LINES;
  const { lines, isComplete } = preview(text, COLUMNS, most);
  const more = isComplete ? [] : [`  │ … ${text.length} characters in all`];
  return [fact(name, ''), ...lines.map((line) => `  │ ${line}`), ...more];
}

/** Long texts and contents get lines of their own. A path is always shown whole. */
function isBlock(name: string, text: string): boolean {
  return name === 'content' || name === 'arguments' || text.includes('\n') || text.length > 4096;
}

/** `12 min`, from a difference in milliseconds. */
export function durationText(milliseconds: number): string {
  if (milliseconds <= 0) return 'now';
  const minutes = Math.ceil(milliseconds / 60_000);
  if (minutes < 120) return `in ${minutes} min`;
  return `in ${Math.ceil(minutes / 60)} h`;
}
