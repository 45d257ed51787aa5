import type { DomainStatus } from '@ioi/protocol';
import { ageText, bytesText, countText } from './amounts.ts';
import { table } from './columns.ts';
import { witnessText } from './status-view.ts';
import { visible } from './visible.ts';

const SCHEME = 'agentgres://domain/';

/** Without what every id has. */
export function shortDomain(domainId: string): string {
  return domainId.startsWith(SCHEME) ? domainId.slice(SCHEME.length) : domainId;
}

/** Governed objects of a class are kept under this name. */
export function headClassOf(name: string): string {
  return /^[A-Z]/.test(name) ? `object.${name}` : name;
}

const COLUMNS = [
  { title: 'DOMAIN', most: 48 },
  { title: 'ENTRIES', most: 12 },
  { title: 'HEIGHT', most: 12 },
  { title: 'COMMIT', most: 8 },
  { title: 'COSIGNED', most: 20 },
  { title: 'WITNESSED', most: 12 },
  { title: 'LOG', most: 10 },
  { title: 'HEADS', most: 10 },
  { title: 'VIEWS', most: 10 },
  { title: 'STATE ROOT', most: 19 },
];

/** One row a domain: how much it is, how fresh its signatures are, what it takes of the disk. */
export function domainRows(domains: readonly DomainStatus[], nowMs: number): string[][] {
  return domains.map((domain) => [
    shortDomain(domain.domain_id),
    countText(domain.size),
    domain.height ?? '',
    ageText(domain.chain_time, nowMs),
    cosignedText(domain, nowMs),
    witnessedText(domain),
    bytesText(domain.stores.log),
    bytesText(domain.stores.heads + domain.stores.tree),
    bytesText(domain.stores.projections),
    (domain.state_root ?? '').slice(0, 19),
  ]);
}

/** Those that nobody asked for yet: of them only the name is known. */
export function closedRows(closed: readonly string[]): string[][] {
  return closed.map((domainId) => [
    shortDomain(domainId),
    'closed',
    ...COLUMNS.slice(2).map(() => ''),
  ]);
}

export function domainTable(
  domains: readonly DomainStatus[],
  nowMs: number,
  closed: readonly string[] = [],
): string[] {
  return table(COLUMNS, [...domainRows(domains, nowMs), ...closedRows(closed)]);
}

function cosignedText(
  { cosigned, cosigned_size: size, cosigned_time: time }: DomainStatus,
  now: number,
) {
  if (cosigned) return ageText(time, now);
  return size === 0 ? 'not yet' : `${countText(size)}, ${ageText(time, now)} ago`;
}

/** Entries that a witness cosigned; empty where none is named for it. */
function witnessedText({ witnesses, witnessed, size }: DomainStatus): string {
  if (witnesses.length === 0) return '';
  if (witnessed === undefined) return 'not yet';
  return witnessed.size === size ? 'all' : countText(witnessed.size);
}

/** Everything about one domain, a line each. */
export function domainLines(domain: DomainStatus, nowMs: number): string[] {
  const { log, heads, tree, projections } = domain.stores;
  return [
    visible(domain.domain_id),
    `  origin      ${visible(domain.origin)}`,
    `  entries     ${countText(domain.size)}`,
    `  height      ${domain.height ?? ''}, ${ageText(domain.chain_time, nowMs)} ago`,
    `  state root  ${domain.state_root ?? ''}`,
    `  cosigned    ${domain.cosigned ? 'all of it' : cosignedText(domain, nowMs)}`,
    ...domain.witnesses.map((each) => `  witness     ${witnessText(each)}`),
    `  log         ${bytesText(log)}`,
    `  heads       ${bytesText(heads)}, state tree ${bytesText(tree)}`,
    ...(projections === 0 ? [] : [`  views       ${bytesText(projections)}`]),
  ];
}
