import { tabbed, table } from '../core/columns.ts';
import { shortName } from '../core/row-view.ts';
import { visible } from '../core/visible.ts';
import { type Command, textOption } from '../shell/context.ts';
import { objectFile } from '../shell/json-argument.ts';
import { findProjection } from './query.ts';

const COLUMNS = [
  { title: 'NAME', most: 40 },
  { title: 'KIND', most: 10 },
  { title: 'VERSION', most: 12 },
  { title: 'STATE', most: 10 },
  { title: 'WATERMARK', most: 28 },
  { title: 'LAG', most: 10 },
  { title: 'ROWS', most: 10 },
  { title: 'ABOUT', most: 60 },
];

/** `ioi projections [--domain D]`: what can be queried, and how much of the log it reflects. */
export const projections: Command = async ({ daemon, output }, _args, options) => {
  const page = await daemon.projections(textOption(options, 'domain'));
  const rows = page.projections.map((each) => [
    shortName(each.projection),
    each.kind,
    each.version,
    each.state,
    each.watermark ?? '',
    String(each.lag),
    String(each.rows),
    each.summary,
  ]);
  output.say(output.plain ? tabbed(rows) : table(COLUMNS, rows), page);
  return undefined;
};

/** `ioi projections define FILE [--domain D]`: a view of one's own, or its next version. */
export const projectionsDefine: Command = async ({ daemon, output }, [path = ''], options) => {
  const domain = textOption(options, 'domain');
  const { projection } = await daemon.define(objectFile(path), domain);
  const name = visible(shortName(projection));
  const where = domain === undefined ? '' : ` --domain ${visible(domain)}`;
  output.say([`defined ${name}`, `next: ioi query ${name}${where}`], { projection });
  return undefined;
};

/** `ioi projections remove NAME [--domain D]`: the log keeps what it was folded from. */
export const projectionsRemove: Command = async (context, [name = ''], options) => {
  const { daemon, output } = context;
  const domain = textOption(options, 'domain');
  const { projection } = await findProjection(context, name, domain);
  await daemon.remove(projection, domain);
  output.say([`removed ${visible(shortName(projection))}`], { projection });
  return undefined;
};
