import type { ArchivePart } from '@ioi/protocol';
import type { SealedHeader } from './sealed-file.ts';

type Claimed = Pick<SealedHeader, 'bytes' | 'parts_bytes' | 'list_bytes'>;

/** More than any domain attaches. */
const MOST_LIST_BYTES = 64 * 1024 ** 2;
const SHA256 = /^[0-9a-f]{64}$/;

/** Where the log ends, where the list of parts begins, and where everything ends. */
export type Span = {
  readonly log: number;
  readonly list?: { readonly from: number; readonly parts: number };
  readonly end: number;
};

/** Undefined where the header claims what cannot be. */
export function spanOf({ bytes, parts_bytes: parts, list_bytes: list }: Claimed): Span | undefined {
  if (!isSize(bytes)) return undefined;
  if (parts === undefined && list === undefined) return { log: bytes, end: bytes };
  if (!isSize(parts) || !isSize(list) || list > MOST_LIST_BYTES) return undefined;
  const from = bytes + parts;
  const end = from + list;
  return Number.isSafeInteger(end) ? { log: bytes, list: { from, parts }, end } : undefined;
}

/** The list as it was sealed; undefined where it is none, or of other bytes than there are. */
export function partsIn(
  value: unknown,
  { parts }: { readonly parts: number },
): readonly ArchivePart[] | undefined {
  if (!Array.isArray(value) || !value.every(isPart)) return undefined;
  const names = new Set(value.map(({ sha256 }) => sha256));
  return names.size === value.length && totalOf(value) === parts ? value : undefined;
}

export function totalOf(parts: readonly ArchivePart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

function isPart(value: unknown): value is ArchivePart {
  const { sha256, bytes } = Object(value) as Partial<ArchivePart>;
  return typeof sha256 === 'string' && SHA256.test(sha256) && isSize(bytes);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
