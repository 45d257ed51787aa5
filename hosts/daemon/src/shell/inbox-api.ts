import { ok, type Result } from '@ioi/basis';
import { type ActionHead, type ContractHead, keys, type OpenHead } from '@ioi/law';
import type { InboxPage, Rejection, RuntimeEventEnvelope } from '@ioi/protocol';
import type { Hono } from 'hono';
import { decidedIn, decisionPayload, pageOf } from '../core/index.ts';
import type { Boundary } from './boundary.ts';
import type { HeadReader } from './head-reader.ts';
import { pageMost } from './page-size.ts';
import { problem } from './problem.ts';
import { maySee } from './roles/caller.ts';

export type InboxRoutes = { readonly reader: HeadReader; readonly boundary: Boundary };

type Asked = Partial<Record<'cursor' | 'limit', string>>;
type Item = InboxPage['pending'][number];

const OPEN_MAX = 100_000;
/** Of an item that is told by itself. */
const TOLD_MOST = 32_768;
/** Digits of any position, so that texts of them are in the order of positions. */
const DIGITS = 16;

/** What waits for a person, the first first. */
export function addInboxRoute(app: Hono, options: InboxRoutes): void {
  app.get('/v1/inbox', (context) => {
    const isSeen = (agentId: string): boolean => maySee(context, agentId);
    const page = inboxOf(options, context.req.query(), isSeen);
    return page.ok ? context.json(page.value) : problem(page.error.code, page.error.message, 400);
  });
}

function inboxOf(
  { reader, boundary }: InboxRoutes,
  { cursor, limit }: Asked,
  isSeen: (agentId: string) => boolean,
): Result<InboxPage, Rejection> {
  const open = reader.headsOf<OpenHead>('open', '', OPEN_MAX);
  const waiting = open.flatMap(({ id, value }) => {
    const action = value.state === 'pending' && reader.get<ActionHead>(keys.action(id));
    return action && isSeen(action.agent_id) ? [{ id, action }] : [];
  });
  const page = pageOf(waiting, {
    list: 'inbox',
    placeOf: ({ id, action }) => `${action.decided_seq.padStart(DIGITS, '0')} ${id}`,
    cursor,
    most: pageMost(limit),
  });
  if (!page.ok) return page;
  const { members, ...more } = page.value;
  const pending = members.flatMap(({ id, action }) => itemOf(id, action, { reader, boundary }));
  return ok({ pending, ...more });
}

function itemOf(id: string, action: ActionHead, { reader, boundary }: InboxRoutes): Item[] {
  const entry = reader.entry(Number(action.decided_seq));
  const payload = entry && decisionPayload(entry);
  const decided = entry && decidedIn(entry);
  if (!payload || !decided) return [];
  const { ruleId, field } = decided;
  const contract = reader.get<ContractHead>(keys.contract(action.contract_hash))?.contract;
  return [
    {
      request_hash: id,
      request: payload.request,
      facts: payload.facts,
      ...(ruleId === undefined ? {} : { rule_id: ruleId }),
      ...(field === undefined ? {} : { field }),
      // Of what is not known the worst is said.
      risk_class: contract?.risk_class ?? 'high',
      expires: action.expires ?? '0',
      decided: boundary.stageOf(id) !== 'waiting',
    },
  ];
}

/**
 * An event of its own for whoever draws the inbox, before the one that says that something waits:
 * the same as the inbox lists, so that nobody has to ask for all of it. Where that is long, or
 * waits no more, there is none.
 */
export function waitingTold(options: InboxRoutes): (event: RuntimeEventEnvelope) => string {
  return ({ kind, payload }) => {
    if (kind !== 'approval.requested') return '';
    const id = String(payload['request_hash']);
    const action = options.reader.get<ActionHead>(keys.action(id));
    if (action?.state !== 'pending') return '';
    const [text = ''] = itemOf(id, action, options).map((item) => JSON.stringify(item));
    return text === '' || text.length > TOLD_MOST ? '' : `event: inbox.item\ndata: ${text}\n\n`;
  };
}
