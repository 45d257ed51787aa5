import type { LogPage } from '@ioi/protocol';
import { type Cursor, lockCursor, readCursor, writeCursor } from '../../audit/cursor.ts';
import { readTarget } from '../../audit/open-receiver.ts';
import { securedBy } from '../../audit/secured.ts';
import { AuditStream } from '../../audit/stream.ts';
import { visible } from '../../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  type Options,
  textOption,
} from '../../shell/context.ts';
import { CommandFault, usageFault } from '../../shell/fault.ts';
import { readVersion } from '../../shell/installation.ts';
import { NAME } from './name.ts';

const PAGE = 500;
const NONE_YET = '-1';

/** `ioi audit stream TO [--name N] [--from now] [--once] [--details]` */
export const auditStream: Command = async (context, [to = ''], options) => {
  const { home, output, daemon } = context;
  const target = readTarget(to);
  const { node_id } = await daemon.status();
  const name = nameOf(target.name, options);
  const secured = securedBy(options);
  const lock = lockCursor(home, name);
  const cursor = await cursorOf(context, { name, to: target.to, node_id, options });
  const version = readVersion();
  const note = (text: string): void => output.note(`ioi: ${text}`);
  const receiver = target.open({ ...secured, nodeId: node_id, version, note });
  const stopping = stopOnSignals();
  const stream = new AuditStream(
    {
      source: { node_id, version, isWhole: flagOption(options, 'details') },
      receiver,
      read: (after) => daemon.log({ after, limit: PAGE }),
      keep: (kept) => writeCursor(home, kept),
      note,
      signal: stopping.signal,
    },
    cursor,
  );
  try {
    await stream.begin();
    if (flagOption(options, 'once')) await stream.catchUp();
    else await stream.follow();
  } finally {
    stopping.release();
    await receiver.close();
    lock.release();
  }
  const { last } = stream.cursor;
  if (to !== '-') {
    output.say([`${stream.sent} told, up to entry ${last}`], { sent: stream.sent, last });
  }
  return undefined;
};

type Starting = {
  readonly name: string;
  readonly to: string;
  readonly node_id: string;
  readonly options: Options;
};

async function cursorOf(context: Context, starting: Starting): Promise<Cursor> {
  const { name, to, node_id, options } = starting;
  const known = readCursor(context.home, name);
  const from = textOption(options, 'from');
  if (known === undefined) {
    const last = from === undefined ? NONE_YET : await placeOf(context, from);
    return { name, to, node_id, last, tiers: {} };
  }
  if (known.node_id !== node_id) {
    throw new CommandFault({
      exit: 'unverified',
      code: 'audit.other_node',
      message: `${name} tells of ${known.node_id}, and this is ${node_id}`,
      next: `ioi audit forget ${name}`,
    });
  }
  if (known.to !== to) {
    const next = `ioi audit forget ${name}, or --name OTHER`;
    throw usageFault(`${name} goes to ${visible(known.to)}, and that is how far it is`, next);
  }
  return known;
}

function nameOf(otherwise: string, options: Options): string {
  const name = textOption(options, 'name') ?? otherwise;
  if (!NAME.test(name)) {
    throw usageFault(`${visible(name)} is no name: small letters, digits and -`);
  }
  return name;
}

async function placeOf({ daemon }: Context, from: string): Promise<string> {
  const { size }: LogPage = await daemon.log({ limit: 1 });
  if (from === 'now') return String(size - 1);
  if (!/^[0-9]{1,15}$/.test(from) || Number(from) > size) {
    throw usageFault(`--from takes now, or an entry from 0 to ${size}`);
  }
  return String(Number(from) - 1);
}

type Stopping = { readonly signal: AbortSignal; readonly release: () => void };

function stopOnSignals(): Stopping {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const release = (): void => {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  };
  return { signal: stopping.signal, release };
}
