import { tabbed, table } from '../core/columns.ts';
import { shortName } from '../core/row-view.ts';
import type { Command } from '../shell/context.ts';

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

/** `ioi projections`: what can be queried, and how much of the log it reflects. */
export const projections: Command = async ({ daemon, output }) => {
  const page = await daemon.projections();
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
