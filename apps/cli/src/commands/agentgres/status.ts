import { countText } from '../../core/amounts.ts';
import { tabbed, table } from '../../core/columns.ts';
import { domainRows, domainTable } from '../../core/domain-view.ts';
import { shortName } from '../../core/row-view.ts';
import type { Command } from '../../shell/context.ts';

const COLUMNS = [
  { title: 'PROJECTION', most: 40 },
  { title: 'STATE', most: 10 },
  { title: 'WATERMARK', most: 28 },
  { title: 'LAG', most: 12 },
  { title: 'ROWS', most: 12 },
];

/** `ioi agentgres status`: every domain and projection of the running node. */
export const status: Command = async ({ daemon, output }) => {
  const domains = await daemon.domains.list();
  const { projections } = await daemon.projections();
  const rows = projections.map((each) => [
    shortName(each.projection),
    each.state,
    each.watermark ?? '',
    countText(each.lag),
    countText(each.rows),
  ]);
  const now = Date.now();
  const lines = output.plain
    ? tabbed([...domainRows(domains, now), ...rows])
    : [...domainTable(domains, now), '', ...table(COLUMNS, rows)];
  output.say(lines, { domains, projections });
  return undefined;
};
