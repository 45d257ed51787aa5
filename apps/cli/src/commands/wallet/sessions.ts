import { randomBytes } from 'node:crypto';
import { canonicalJson } from '@ioi/canon';
import type { SessionLease } from '@ioi/protocol';
import { listLines, type Shown } from '../../core/governance-view.ts';
import { matchId, shortId } from '../../core/match-id.ts';
import { readTimeSpan } from '../../core/time-span.ts';
import { visible } from '../../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  listOption,
  needNode,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { artifactDigest, rowsOf, signShown } from '../../shell/governance.ts';
import { findSockets } from '../../shell/home.ts';
import { saveNew } from '../../shell/save-new.ts';
import { SessionApi } from '../../shell/session-api.ts';
import { timeText } from '../../shell/time.ts';

const SESSIONS = 'portable-sessions';
const LIST = 'ioi wallet session list';
const COLUMNS: readonly Shown[] = [
  { title: 'SESSION', most: 12, of: 'session_id', isId: true },
  { title: 'OF', most: 40, of: 'subject_id' },
  { title: 'STATUS', most: 10, of: 'status' },
  { title: 'UNTIL', most: 20, of: 'until' },
  { title: 'READS', most: 60, of: 'projection_scope' },
];

/** `ioi wallet session issue SUBJECT --read PROJECTION`: it is told once, and to you alone. */
export const sessionIssue: Command = async (context, [subject_id = ''], options) => {
  const reads = listOption(options, 'read');
  const capabilities = listOption(options, 'may');
  if (reads.length + capabilities.length === 0) {
    throw usageFault('say what it may read', 'ioi wallet session issue agent://me --read actions');
  }
  const audience = textOption(options, 'audience');
  const asked = {
    session_id: artifactDigest({ session: randomBytes(32).toString('hex') }),
    subject_id,
    ...(audience === undefined ? {} : { audience }),
    capability_subset: capabilities,
    projection_scope: reads.map(fullName),
    expires_at: String(BigInt(Date.now()) + spanOf(options)),
  };
  const { session_lease: lease } = await signShown(context, options, {
    operation: 'session_lease.issue',
    asked,
  });
  if (lease === undefined) throw new Error('the guardian signed no session');
  const token = tokenOf(lease);
  const out = textOption(options, 'out');
  if (out !== undefined) saveNew(out, `${token}\n`);
  const said = out === undefined ? [token] : [`${shortId(lease.session_id)} is in ${out}`];
  context.output.say(said, { session: lease, ...(out === undefined ? { token } : { out }) });
  context.output.note(`until ${timeText(lease.expires_at)}; it is not shown again`);
  return undefined;
};

/** `ioi wallet session list` */
export const sessionList: Command = async (context) => {
  const sessions = await issuedRows(context);
  const { output } = context;
  output.say(listLines(COLUMNS, sessions, output.plain), { sessions });
  return undefined;
};

/** `ioi wallet session revoke ID... | --all` */
export const sessionRevoke: Command = async (context, given, options) => {
  const rows = await issuedRows(context);
  const standing = rows.filter(({ status }) => status === 'holds').map(idOf);
  const session_ids = flagOption(options, 'all')
    ? standing
    : given.map((each) => findId(each, rows.map(idOf)));
  if (session_ids.length === 0) throw usageFault('say which sessions, or --all', LIST);
  await signShown(context, options, {
    operation: 'session_lease.revoke',
    asked: { session_ids },
  });
  const lines = session_ids.map((id) => `revoked: ${shortId(id)}`);
  context.output.say(lines, { revoked: session_ids });
  context.output.note('tell other nodes: ioi wallet session revocations');
  return undefined;
};

/** `ioi wallet session issuer`: nothing in it is secret. */
export const sessionIssuer: Command = async (context, _, options) => {
  tell(context, options, await apiOf(context).issuer());
  return undefined;
};

/** `ioi wallet session revocations`: it ages, so it is told again and again. */
export const sessionRevocations: Command = async (context, _, options) => {
  tell(context, options, await apiOf(context).revocations());
  return undefined;
};

export function apiOf({ home }: Context): SessionApi {
  needNode(home);
  return new SessionApi(findSockets(home));
}

export function fullName(projection: string): string {
  return projection.startsWith('projection://') ? projection : `projection://*/${projection}`;
}

function tell({ output }: Context, options: Options, said: object): void {
  const out = textOption(options, 'out');
  const text = `${JSON.stringify(said)}\n`;
  if (out === undefined) output.raw(text);
  else {
    saveNew(out, text);
    output.say([`written to ${visible(out)}`], { out });
  }
}

function spanOf(options: Options): bigint {
  const text = textOption(options, 'for') ?? '8h';
  const span = readTimeSpan(text);
  if (span === undefined || span === 0n) throw usageFault(`--for takes 90m, 8h or 2d, not ${text}`);
  return span;
}

/** What follows `Bearer`: base64url of its canonical form. */
function tokenOf(lease: SessionLease): string {
  const text = canonicalJson(lease);
  if (!text.ok) throw new Error(text.error.message);
  return Buffer.from(text.value).toString('base64url');
}

type Row = Readonly<Record<string, unknown>>;

async function issuedRows(context: Context): Promise<Row[]> {
  const { rows } = await rowsOf(context, SESSIONS);
  return rows.map((row) => {
    const isOver = Number(row['expires_at']) <= Date.now();
    const status = row['status'] === 'revoked' ? 'revoked' : isOver ? 'over' : 'holds';
    return { ...row, status, until: timeText(String(row['expires_at'])) };
  });
}

const idOf = (row: Row): string => String(row['session_id']);

function findId(given: string, ids: readonly string[]): string {
  const found = matchId(given, ids);
  if (!found.ok) throw usageFault(found.error.message, LIST);
  return found.value;
}
