import { type Asked, addressesIn, primaryAmong } from '../core/index.ts';
import { LogFault } from './log-faults.ts';
import { Connection, type Patience, type PostgresOptions } from './postgres-connection.ts';

/** The others answer or refuse at once; one that is cut off must not keep the rest waiting. */
const PATIENCE: Patience = { connectMs: 3_000, answerMs: 3_000 };

/** Whether what is answered waits for another server; as of the last reload of its settings. */
const WAITS = `SELECT current_setting('synchronous_standby_names') <> '' AS waits`;

/** The number of the history is in the name of the file that is written to. */
const TIMELINE = `
  SELECT CASE WHEN NOT pg_is_in_recovery() THEN
    ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
  END AS timeline
`;

/**
 * The options with the address of the server that takes writes now, and has another keep them
 * before it answers. Where the URL names one server that is asked when it is opened.
 */
export async function atPrimary(options: PostgresOptions): Promise<PostgresOptions> {
  const addresses = addressesIn(options.url);
  if (addresses.length === 1) return options;
  const looked = await Promise.allSettled(
    addresses.map((address) => look(address, { ...options, url: address })),
  );
  const asked = looked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const primary = primaryAmong(asked);
  if (primary !== undefined) return { ...options, url: primary.address, isReplicated: true };
  const reasons = looked.map((each) =>
    each.status === 'fulfilled' ? each.value.why : messageOf(each.reason),
  );
  throw faultOf(looked, `no server of ${addresses.length} takes writes: ${reasons.join('; ')}`);
}

/** Throws when the commit before this waited for no standby: another may take over without it. */
export async function requireStandby(connection: Connection): Promise<void> {
  const [row] = await connection.rows(WAITS);
  if (row?.['waits'] !== true) throw new LogFault('log.in_doubt', `PostgreSQL ${ALONE}`);
}

const ALONE = 'waits for no standby: synchronous_standby_names is empty';

async function look(address: string, options: PostgresOptions): Promise<Looked> {
  const connection = await Connection.open(options, PATIENCE);
  try {
    const [[row], [setting]] = await Promise.all([
      connection.rows(TIMELINE),
      connection.rows(WAITS),
    ]);
    const timeline = row?.['timeline'];
    if (typeof timeline !== 'number') return { address, timeline: undefined, why: STANDBY };
    if (setting?.['waits'] !== true) return { address, timeline: undefined, why: `it ${ALONE}` };
    return { address, timeline, why: '' };
  } finally {
    // Its answer is there; how it ends is of no matter.
    connection.close().catch(() => {});
  }
}

const STANDBY = 'a standby, which takes no writes';

type Looked = Asked & { readonly why: string };

/** When every one of them says no, asking again does not help. */
function faultOf(looked: readonly PromiseSettledResult<Looked>[], message: string): LogFault {
  const isRefused = looked.every((each) => each.status === 'rejected' && isRefusal(each.reason));
  return new LogFault(isRefused ? 'store.refused' : 'store.unreachable', message);
}

function isRefusal(fault: unknown): boolean {
  return fault instanceof LogFault && fault.code === 'store.refused';
}

function messageOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
