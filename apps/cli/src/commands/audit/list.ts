import { lockCursor, readCursor, removeCursor, streamNames } from '../../audit/cursor.ts';
import { tabbed, table } from '../../core/columns.ts';
import { visible } from '../../core/visible.ts';
import { type Command, needNode } from '../../shell/context.ts';
import { usageFault } from '../../shell/fault.ts';
import { NAME } from './name.ts';

const COLUMNS = [
  { title: 'NAME', most: 32 },
  { title: 'TOLD UP TO', most: 10 },
  { title: 'BEHIND', most: 8 },
  { title: 'TO', most: 200 },
] as const;
const LIST = 'ioi audit list';

/** `ioi audit list`: every stream, and how far its receiver is behind. */
export const auditList: Command = async ({ home, output, daemon }) => {
  const { size } = await daemon.log({ limit: 1 });
  const cursors = streamNames(home).flatMap((name) => readCursor(home, name) ?? []);
  const streams = cursors.map(({ name, to, last }) => ({
    name,
    to,
    last: Number(last),
    behind: size - 1 - Number(last),
  }));
  const rows = streams.map(({ name, to, last, behind }) => [
    name,
    String(last),
    String(behind),
    visible(to),
  ]);
  output.say(output.plain ? tabbed(rows) : table(COLUMNS, rows), { streams });
  return undefined;
};

/** `ioi audit forget NAME`: a stream of that name begins anew. */
export const auditForget: Command = async ({ home, output }, [name = '']) => {
  needNode(home);
  if (!NAME.test(name)) throw usageFault(`${visible(name)} is no name of a stream`, LIST);
  if (!streamNames(home).includes(name)) throw usageFault(`there is no stream ${name}`, LIST);
  const lock = lockCursor(home, name);
  removeCursor(home, name);
  lock.release();
  output.say([`${name} begins anew`], { name });
  return undefined;
};
