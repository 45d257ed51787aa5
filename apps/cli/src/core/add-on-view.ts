import type { AddOnManifest, AddOnPackageReview, InstalledAddOn } from '@ioi/protocol';
import type { Column } from './columns.ts';
import { visible } from './visible.ts';

export const ADD_ON_COLUMNS: readonly Column[] = [
  { title: 'NAME', most: 64 },
  { title: 'VERSION', most: 20 },
  { title: 'STATE', most: 16 },
  { title: 'PUBLISHER', most: 24 },
  { title: 'ID', most: 60 },
];

const DID_DIGITS = 'did:ioi:'.length + 16;

export function addOnRows(addOns: readonly InstalledAddOn[]): string[][] {
  return addOns.map((each) => {
    const publisher = each.authority.slice(0, DID_DIGITS);
    return [each.name, each.version, standingOf(each), publisher, each.id];
  });
}

function standingOf({ state, kept, offered }: InstalledAddOn): string {
  if (state === 'removed') return state;
  if (!kept) return 'package missing';
  return offered ? 'offered' : 'not offered';
}

/** What this node says of a package, before the guardian shows what is signed. */
export function addOnReviewLines(review: AddOnPackageReview): string[] {
  const { manifest, inclusion, replaces, changes, signs } = review;
  const { kind, id, version, authority, about } = manifest;
  const against = replaces === undefined ? '' : `, instead of ${replaces} (${inclusion})`;
  return [
    `${kind} ${id} ${version}${against}`,
    `publisher ${authority}`,
    `says of itself: ${about}`,
    ...changes.map((line) => `  ${line}`),
    ...signs.map((sign) => `look at it: ${sign}`),
  ].map(visible);
}

export function addOnLines(manifest: AddOnManifest, address: string): string[] {
  const { kind, id, version, authority, about, files, hosts = [], tools = [] } = manifest;
  return [
    `${kind} ${id} ${version}`,
    `publisher ${authority}`,
    `package ${address}`,
    `says of itself: ${about}`,
    ...hosts.map((host) => `  network ${host}`),
    ...tools.map(({ name, effect, risk_class: risk, description }) => {
      return `  tool ${name}: ${effect}, ${risk} risk: ${description}`;
    }),
    ...files.map(({ path, size }) => `  file ${path}, ${size} bytes`),
  ].map(visible);
}
