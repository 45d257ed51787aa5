import { setTimeout as sleep } from 'node:timers/promises';
import type { ProjectionsPage, QueryAnswer } from '@ioi/protocol';
import { AgentsOfRows, type AuditRow, auditCells } from '../../core/audit-view.ts';
import { tabbed, table } from '../../core/columns.ts';
import { KeyUses } from '../../core/key-uses.ts';
import { cellsOf, csvOf } from '../../core/row-view.ts';
import { readTimeSpan } from '../../core/time-span.ts';
import {
  type Command,
  type Context,
  flagOption,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { timeText } from '../../shell/time.ts';
import { allUses, vaultOf } from '../../shell/vault-of.ts';
import { findProjection } from '../query.ts';

const COLUMNS = [
  { title: 'UTC', most: 19 },
  { title: 'KIND', most: 11 },
  { title: 'WHO', most: 32 },
  { title: 'WHAT', most: 32 },
  { title: 'RESULT', most: 20 },
  { title: 'WHY', most: 40 },
] as const;
const KINDS = [
  ...['decision', 'approval', 'execution', 'spend', 'policy', 'key', 'session'],
  ...['grant', 'certificate', 'epoch', 'governance', 'egress'],
];
/** What is told of a key beside the columns of the log: the sealed act it was for. */
const OPERATION = { name: 'operation', type: 'text' } as const;
const PAGE = 1000;
const POLL_MS = 300;

type Columns = ProjectionsPage['projections'][number]['columns'];
type Where = Readonly<Record<string, unknown>>;

/** `ioi wallet audit`: all that authority was used for, oldest first. */
export const walletAudit: Command = async (context, _args, options) => {
  const isCsv = flagOption(options, 'csv');
  const isFollowing = flagOption(options, 'follow');
  if (isCsv && context.output.json) throw usageFault('say --csv or --json, not both');
  const { columns } = await findProjection(context, 'audit', undefined);
  const since = sinceOf(options);
  const where = since === undefined ? {} : { chain_time: { gte: since } };
  const isMeant = filterOf(options);
  const agents = new AgentsOfRows();
  const targets = await targetsOf(context);
  const write = printer(context, { columns: [...columns, OPERATION], isCsv, targets });
  const vault = vaultOf(context);
  const keys = new KeyUses(since ?? 0);
  const print: Print = (rows) => {
    write(keys.among(rows.map((row) => agents.fill(row))).filter(isMeant));
  };
  const tell = async (from: Where): Promise<number | undefined> => {
    keys.take(await allUses(vault, keys.last));
    const last = await pages(context, from, print);
    write(keys.rest().filter(isMeant));
    return last;
  };
  let last = await tell(where);
  while (isFollowing) {
    await sleep(POLL_MS);
    // What came meanwhile: a sequence number is told once, in whole entries.
    const from = last === undefined ? where : { ...where, seq: { gt: last } };
    last = (await tell(from)) ?? last;
  }
  return undefined;
};

type Print = (rows: readonly AuditRow[]) => void;

/** Reads page after page at one watermark, so that rows neither meet twice nor are missed. */
async function pages({ daemon }: Context, where: Where, print: Print): Promise<number | undefined> {
  const about = { projection: 'audit', where, limit: PAGE } as const;
  let last: number | undefined;
  let answer: QueryAnswer | undefined;
  do {
    const after = answer?.next === undefined ? {} : { after: answer.next };
    const consistency = 'linearized_domain';
    answer = await daemon.query({ ...about, order: ['seq', 'about'], ...after, consistency });
    if (answer.rows.length > 0) print(answer.rows as readonly AuditRow[]);
    const seq = answer.rows.at(-1)?.['seq'];
    if (typeof seq === 'number') last = seq;
  } while (answer.next !== undefined);
  return last;
}

type Printing = {
  readonly columns: Columns;
  readonly isCsv: boolean;
  readonly targets: ReadonlyMap<string, string>;
};

function printer({ output }: Context, { columns, isCsv, targets }: Printing): Print {
  let hasBegun = false;
  return (rows) => {
    const isFirst = !hasBegun;
    if (!isFirst && rows.length === 0) return;
    hasBegun = true;
    if (isCsv) {
      const text = csvOf(rows, columns);
      output.raw(isFirst ? text : withoutHeader(text));
    } else if (output.json) output.raw(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    else if (output.plain) output.say(tabbed(rows.map((row) => cellsOf(row, columns))), undefined);
    else {
      const lines = table(
        COLUMNS,
        rows.map((row) => [timeText(String(row.chain_time)), ...auditCells(row, targets)]),
      );
      output.say(isFirst ? lines : lines.slice(1), undefined);
    }
  };
}

function withoutHeader(text: string): string {
  return text.slice(text.indexOf('\r\n') + 2);
}

function sinceOf(options: Options): number | undefined {
  const since = textOption(options, 'since');
  return since === undefined ? undefined : timeIn(since);
}

function filterOf(options: Options): (row: AuditRow) => boolean {
  const kind = textOption(options, 'kind');
  const agent = textOption(options, 'agent');
  if (kind !== undefined && !KINDS.includes(kind)) {
    throw usageFault(`--kind is one of ${KINDS.join(', ')}`);
  }
  return (row) =>
    (kind === undefined || row.kind === kind) && (agent === undefined || row['agent_id'] === agent);
}

/** A moment, or how long ago. */
function timeIn(text: string): number {
  const span = readTimeSpan(text);
  if (span !== undefined) return Date.now() - Number(span);
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw usageFault(`--since takes 2026-01-31T08:00:00Z, or 90m, 8h, 2d; not ${text}`);
}

/** Receipts name a contract; people know its target. */
async function targetsOf({ daemon }: Context): Promise<ReadonlyMap<string, string>> {
  const about = { projection: 'contracts', consistency: 'cached_projection' } as const;
  const { rows } = await daemon.query({ ...about, limit: PAGE });
  return new Map(rows.map((row) => [String(row['contract_hash']), String(row['target'])]));
}
