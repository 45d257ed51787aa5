import type { Digest } from '@ioi/canon';
import type { VaultLine } from './vault-lines.ts';

export type Manifest = Readonly<Record<string, Digest>>;

/** A change of the file that is about to be made, or was made and not yet noted. */
export type VaultIntent = {
  readonly puts: Manifest;
  readonly removed: readonly string[];
};

/**
 * What the guardian's own store remembers of the vault's file, so that the file cannot be put back
 * to what it was: that store itself cannot, since the log would be ahead of it.
 */
export type Anchored = {
  readonly vault_id: string;
  /** Counts the changes; zero before there was a file. */
  readonly version: number;
  readonly manifest: Manifest;
  readonly intent?: VaultIntent;
};

export const UNANCHORED: Anchored = { vault_id: '', version: 0, manifest: {} };

/** The place of the line that says which vault this is, and after how many changes. */
export const HEAD = 'vault';

/** What is remembered once the change is on disk. */
export function afterIntent({ vault_id, version, manifest }: Anchored, intent: VaultIntent) {
  const kept = Object.entries(manifest).filter(([place]) => !intent.removed.includes(place));
  const next = { ...Object.fromEntries(kept), ...intent.puts };
  return { vault_id, version: version + 1, manifest: next } satisfies Anchored;
}

/**
 * A crash fell between two writes: whether the change is on disk. It is where all that it put
 * can be read; what it kept stands in the copy as well.
 */
export function settled(anchored: Anchored, lines: readonly VaultLine[]): Anchored {
  const { intent, ...before } = anchored;
  if (intent === undefined) return before;
  const found = new Map(lines.map(({ place, digest }) => [`${place} ${digest}`, true]));
  const puts = Object.entries(intent.puts);
  const isApplied = puts.every(([place, digest]) => found.has(`${place} ${digest}`));
  return isApplied ? afterIntent(before, intent) : before;
}

export type Judgement =
  /** What is there, and the places of what the disk lost. */
  | {
      readonly kind: 'read';
      readonly records: ReadonlyMap<string, string>;
      readonly lost: readonly string[];
    }
  | { readonly kind: 'rolled_back' | 'foreign' };

/**
 * Lines of the file and of its copy: each that is remembered counts, wherever it stands. Where one
 * is missing and there is one of another time, the file was put back.
 */
export function judgeVault(
  { vault_id, version, manifest }: Anchored,
  lines: readonly VaultLine[],
): Judgement {
  const isRemembered = ({ place, digest }: VaultLine): boolean =>
    Object.hasOwn(manifest, place) && manifest[place] === digest;
  const whole = lines.filter(isRemembered).map(({ place, text }) => [place, text] as const);
  const records = new Map(whole);
  const lost = Object.keys(manifest).filter((place) => !records.has(place));
  const others = lines.filter((line) => line.isSound && !isRemembered(line));
  const isNew = version === 0;
  if (others.length === 0 || (lost.length === 0 && !isNew)) return { kind: 'read', records, lost };
  const head = headOf(others);
  const isOurs = head.vault_id === undefined || head.vault_id === vault_id;
  const isAhead = (head.version ?? 0) > version;
  return { kind: isOurs && !isAhead ? 'rolled_back' : 'foreign' };
}

type Head = { readonly vault_id?: string; readonly version?: number };

/** Which vault a file says it is; nothing where it does not say so any more. */
export function headOf(lines: readonly VaultLine[]): Head {
  const line = lines.find(({ place, isSound }) => place === HEAD && isSound);
  const { vault_id, version } = objectIn(line?.text ?? '');
  const isHead = typeof vault_id === 'string' && Number.isSafeInteger(version);
  return isHead ? { vault_id, version: version as number } : {};
}

/** Whether a line that is gone by on the owner's word alone has the shape of its place. */
export function hasItsShape({ place, text, isSound }: VaultLine): boolean {
  const { id, kind, item, key, body, nonce } = objectIn(text);
  if (!isSound) return false;
  if (place.startsWith('slot/')) {
    return place === `slot/${id}` && typeof kind === 'string' && typeof nonce === 'string';
  }
  const { name, version, bound_to: bound } = Object(item) as Record<string, unknown>;
  const isBound = typeof bound === 'object' && bound !== null;
  return place === `item/${name}/${version}` && isBound && isObject(key) && isObject(body);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
