import type { InstalledWorker, WorkerPackageReview } from '@ioi/protocol';
import type { Column } from './columns.ts';
import { visible } from './visible.ts';

export const INSTALLED_COLUMNS: readonly Column[] = [
  { title: 'WORKER', most: 60 },
  { title: 'VERSION', most: 20 },
  { title: 'STATE', most: 16 },
  { title: 'PUBLISHER', most: 24 },
  { title: 'INSTANCE', most: 37 },
];

const DID_DIGITS = 'did:ioi:'.length + 16;

export function installedRows(workers: readonly InstalledWorker[]): string[][] {
  return workers.map(({ id, version, state, authority, instance, kept }) => {
    const standing = state === 'installed' && !kept ? 'package missing' : state;
    return [id, version, standing, authority.slice(0, DID_DIGITS), instance.instance_id];
  });
}

/** What this node says of a package, beside what the guardian shows of what is signed. */
export function reviewedLines(review: WorkerPackageReview): string[] {
  const { manifest, inclusion, replaces, asks, needs } = review;
  const { id, version, authority } = manifest;
  const against = replaces === undefined ? '' : `, instead of ${replaces} (${inclusion})`;
  return [
    `${id} ${version}${against}`,
    `publisher ${authority}`,
    ...asks.map((asked) => `  ${asked.name}: ${allowed(asked)}`),
    ...needs.map(({ need, met, found }) => `  needs ${need}: ${MET[met]}, ${found}`),
  ].map(visible);
}

const MET = { yes: 'met', no: 'not met', unknown: 'not known' } as const;

function allowed({ may, never }: WorkerPackageReview['asks'][number]): string {
  if (may.length === 0 && never.length === 0) return 'nothing of this node needs it';
  const passing =
    may.length === 0 ? 'the policy lets nothing of it pass now' : `may: ${may.join(', ')}`;
  return never.length === 0 ? passing : `${passing}; never: ${never.join(', ')}`;
}
