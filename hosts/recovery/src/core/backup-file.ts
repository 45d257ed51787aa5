import type { HybridSignature } from '@ioi/crypto';
import type { AwayContents } from '@ioi/protocol';
import { FRAME_BYTES, type SealedKind } from './sealed-file.ts';

/**
 * A backup file is a sealed file (`sealed-file.ts`). What its frames seal in sequence is four bytes
 * of length, that many bytes of JSON (`SignedContents`), then every part in the order it is listed.
 */
export const BACKUP: SealedKind = {
  noun: 'backup',
  line: 'ioi-backup/1\n',
  purpose: 'ioi backup v1',
};
export const LENGTH_BYTES = 4;
export const MOST_CONTENTS_BYTES = 16 * 1024 * 1024;
export const LOG_PART = 'log.ioi';

export type BackupPart = {
  /** Below `guardian/`, `data/` or `home/`, or the log itself. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
};

export type BackupContents = {
  readonly format: 'ioi-backup/1';
  readonly did: string;
  /** Wall time, for people. */
  readonly made_at: string;
  readonly parts: readonly BackupPart[];
  /** What it has no bytes of: they stand in this bucket. */
  readonly away?: Omit<AwayContents, 'digests'>;
};

/** Signed by the key that seals the log: anybody can seal a file to an owner. */
export type SignedContents = {
  readonly contents: BackupContents;
  readonly signature: HybridSignature;
};

/** Bytes of a part within what is sealed. */
export type Span = { readonly part: BackupPart; readonly from: number; readonly to: number };

export function spansOf(contents: BackupContents, contentsBytes: number): Span[] {
  let from = LENGTH_BYTES + contentsBytes;
  return contents.parts.map((part) => {
    const span = { part, from, to: from + part.bytes };
    from = span.to;
    return span;
  });
}

/** The parts that a file lacks something of, of which so many whole frames are there. */
export function partsBeyond(spans: readonly Span[], frames: number): string[] {
  return spans.filter(({ to }) => to > frames * FRAME_BYTES).map(({ part }) => part.path);
}

/** Any names that people give, but none that is hidden or leads elsewhere. */
const PART_PATH =
  /^(?:log\.ioi|(?:guardian|data|home)(?:\/[^\p{Cc}\p{Cs}/\\.][^\p{Cc}\p{Cs}/\\]*)+)$/u;

/** Undefined unless it is exactly what `seal` writes: no part lands outside its folder. */
export function contentsIn(value: unknown): SignedContents | undefined {
  const { contents, signature } = Object(value) as Partial<SignedContents>;
  const { format, did, parts } = Object(contents) as Partial<BackupContents>;
  if (format !== 'ioi-backup/1' || typeof did !== 'string' || !Array.isArray(parts)) {
    return undefined;
  }
  const paths = new Set(parts.map(({ path }: BackupPart) => path));
  const isWhole = parts.every(isPart) && paths.size === parts.length && paths.has(LOG_PART);
  return isWhole && signature ? (value as SignedContents) : undefined;
}

/** Whether a part can be opened again where it is restored. */
export function isPart({ path, bytes, sha256 }: BackupPart): boolean {
  const isSize = Number.isSafeInteger(bytes) && bytes >= 0;
  return PART_PATH.test(path) && isSize && /^[0-9a-f]{64}$/.test(sha256);
}

/** Whether a file of a home is backed up: all but keys, caches and what is folded again. */
export function isBackedUp(path: string): boolean {
  if (/-(?:wal|shm|journal)$/.test(path) || !PART_PATH.test(path)) return false;
  if (FOLDED_AGAIN.test(path) || HALF_WRITTEN.test(path)) return false;
  return !LEFT_OUT.some((each) => (each.endsWith('/') ? path.startsWith(each) : path === each));
}

/** The file of a state tree is written in place: a copy may be of two moments. */
const FOLDED_AGAIN = /^data\/(?:domains\/[^/]+\/)?tree\.bin$|^data\/heads\.db$/;

/** A package of a worker, skill or extension that nobody signed for yet. */
const HALF_WRITTEN = /^data\/(?:worker|add-on)-packages\/.*\.new$/;

const LEFT_OUT = [
  'guardian/seal.key',
  'guardian/owner.key',
  'guardian/identity.json',
  'guardian/phrase.key',
  'guardian/guardian.json',
  'guardian/cache/',
  'data/log.db',
  'data/projections/',
];
