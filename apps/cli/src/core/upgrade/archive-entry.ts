import { decodeUtf8, err, ok, type Result } from '@ioi/basis';

export type ArchiveEntry = {
  readonly kind: 'file' | 'folder';
  /** Relative, with `/`, and never upwards; empty for the folder itself. */
  readonly path: string;
  readonly size: number;
  readonly isProgram: boolean;
};

export const BLOCK = 512;
const SUM_AT = 148;
const SUM_END = 156;
const LONGEST_PATH = 255;

/**
 * One header of a POSIX archive (ustar). Only files and folders below the place they are unpacked
 * to: a release has nothing else, and links are how others would write elsewhere.
 */
export function readEntry(block: Uint8Array): Result<ArchiveEntry | undefined, string> {
  if (block.every((byte) => byte === 0)) return ok(undefined);
  if (text(block, 257, 5) !== 'ustar') return err('it is no archive that a release is made of');
  const sum = block.reduce((all, byte, at) => {
    return all + (at >= SUM_AT && at < SUM_END ? 0x20 : byte);
  }, 0);
  if (octal(block, SUM_AT, 8) !== sum) return err('a header in it is damaged');
  const prefix = text(block, 345, 155);
  const name = `${prefix === '' ? '' : `${prefix}/`}${text(block, 0, 100)}`;
  const path = name.replace(/^(\.\/)+|^\.$/, '').replace(/\/+$/, '');
  const size = octal(block, 124, 12);
  const mode = octal(block, 100, 8);
  if (size === undefined || mode === undefined) return err('a header in it is damaged');
  const type = text(block, 156, 1);
  if (type !== '0' && type !== '' && type !== '5') return err(`${path} is neither file nor folder`);
  if (isOutside(path)) return err(`${JSON.stringify(path)} leads elsewhere`);
  const kind = type === '5' ? 'folder' : 'file';
  return ok({ kind, path, size: kind === 'file' ? size : 0, isProgram: (mode & 0o100) !== 0 });
}

function isOutside(path: string): boolean {
  if (path.startsWith('/') || path.length > LONGEST_PATH) return true;
  if (/[\0\\\n]/.test(path)) return true;
  return path !== '' && path.split('/').some((part) => ['', '.', '..'].includes(part));
}

function text(block: Uint8Array, from: number, length: number): string {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  // What is no text is no path either: a line break is refused.
  return decodeUtf8(end === -1 ? field : field.subarray(0, end)) ?? '\n';
}

function octal(block: Uint8Array, from: number, length: number): number | undefined {
  const digits = text(block, from, length).trim();
  return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}
