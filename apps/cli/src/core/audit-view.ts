import { shortId } from './match-id.ts';
import type { ShownRow } from './row-view.ts';

export type AuditRow = ShownRow & {
  /** The entry; none of what only the guardian's own list of keys tells. */
  readonly seq: number | null;
  readonly chain_time: number;
  readonly kind: string;
};

/**
 * Rows with the agent they are of: what a request reserved, or a token that was used, stands in
 * the entry of a receipt, which comes first and names it.
 */
export class AgentsOfRows {
  readonly #agents = new Map<string, unknown>();
  #seq: number | null = null;

  fill(row: AuditRow): AuditRow {
    if (row.seq !== this.#seq) this.#agents.clear();
    this.#seq = row.seq;
    const request = text(row['request_hash']);
    const agent = row['agent_id'] ?? this.#agents.get(request) ?? null;
    if (agent !== null) this.#agents.set(request, agent);
    return { ...row, agent_id: agent };
  }
}

/** Kind, who, what, result and why, of one row of the audit feed. */
export function auditCells(row: AuditRow, targets: ReadonlyMap<string, string>): string[] {
  const target = targets.get(text(row['contract_hash']));
  const what = target ?? (text(row['budget']) || shortId(text(row['about'])));
  const act = shortId(text(row['operation']));
  const why = [text(row['rule_id']), text(row['code']), unitsText(row['units']), act];
  return [
    row.kind,
    text(row['agent_id']),
    what,
    text(row['result']),
    why.filter((each) => each !== '').join(' '),
  ];
}

type Reserved = {
  readonly budget_id?: unknown;
  readonly calls?: unknown;
  readonly spend?: { readonly amount?: unknown; readonly unit?: unknown };
};

type Bounds = { readonly [name in 'max_calls' | 'max_budget_usd' | 'spend_usd']?: unknown };

function unitsText(units: unknown): string {
  if (!Array.isArray(units)) return boundsText(Object(units));
  return (units as readonly Reserved[])
    .map(({ calls, spend }) => {
      const spent = spend === undefined ? [] : [`${text(spend.amount)} ${text(spend.unit)}`];
      return [...(calls === undefined ? [] : [`${text(calls)} calls`]), ...spent].join(' ');
    })
    .join(', ');
}

/** Of a grant or certificate what it bounds; of a use of one the dollars it took. */
function boundsText({
  max_calls: calls,
  max_budget_usd: budget,
  spend_usd: spent,
}: Bounds): string {
  return [
    ...(calls === undefined ? [] : [`${text(calls)} calls`]),
    ...(budget === undefined ? [] : [`at most ${text(budget)} usd`]),
    ...(spent === undefined ? [] : [`1 call, ${text(spent)} usd`]),
  ].join(', ');
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}
