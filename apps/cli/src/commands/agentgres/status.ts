import type { DomainStatus } from '@ioi/protocol';
import { countText } from '../../core/amounts.ts';
import { tabbed, table } from '../../core/columns.ts';
import { closedRows, domainRows, domainTable, shortDomain } from '../../core/domain-view.ts';
import { shortName } from '../../core/row-view.ts';
import type { Command } from '../../shell/context.ts';
import type { DaemonApi } from '../../shell/node-api.ts';

const COLUMNS = [
  { title: 'PROJECTION', most: 40 },
  { title: 'DOMAIN', most: 48 },
  { title: 'STATE', most: 10 },
  { title: 'WATERMARK', most: 28 },
  { title: 'LAG', most: 12 },
  { title: 'ROWS', most: 12 },
];

/** `ioi agentgres status`: every domain of the running node, and every projection it keeps. */
export const status: Command = async ({ daemon, output }) => {
  const { domains, closed } = await daemon.domains.page();
  const kept = await Promise.all(domains.map((domain) => keptOf(daemon, domain)));
  const projections = kept.flat();
  const rows = projections.map((each) => [
    shortName(each.projection),
    shortDomain(each.domain_id),
    each.state,
    each.watermark ?? '',
    countText(each.lag),
    countText(each.rows),
  ]);
  const now = Date.now();
  const lines = output.plain
    ? tabbed([...domainRows(domains, now), ...closedRows(closed), ...rows])
    : [...domainTable(domains, now, closed), '', ...table(COLUMNS, rows)];
  output.say(lines, { domains, closed, projections });
  return undefined;
};

/** Nothing is asked of a domain that keeps none: asking would make it begin to. */
async function keptOf(daemon: DaemonApi, { domain_id, stores }: DomainStatus) {
  if (stores.projections === 0) return [];
  const { projections } = await daemon.projections(domain_id);
  return projections
    .filter(({ state }) => state !== 'dormant')
    .map((each) => ({ domain_id, ...each }));
}
