import { assert, encodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { PackageFault } from './codes.ts';

/** A file of an archive: a name and bytes; neither modes, nor owners, nor times. */
export type PackedFile = { readonly path: string; readonly bytes: Uint8Array };

const BLOCK = 512;
const NAME_BYTES = 100;
const MOST_FILES = 1000;
/** Of all files of an archive together. */
export const MOST_BYTES = 32 * 1024 * 1024;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/;

/**
 * An archive of POSIX (ustar) with one form for the same files: names sorted, nothing else told.
 * So its digest names the files, and `tar` lists and unpacks it.
 */
export function writeTar(files: readonly PackedFile[]): Result<Uint8Array, PackageFault> {
  const fault = faultOf(files);
  if (fault !== undefined) return err(fault);
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const size = sorted.reduce((sum, { bytes }) => sum + BLOCK + padded(bytes.length), 2 * BLOCK);
  const archive = new Uint8Array(size);
  let at = 0;
  for (const { path, bytes } of sorted) {
    archive.set(headerOf(path, bytes.length), at);
    archive.set(bytes, at + BLOCK);
    at += BLOCK + padded(bytes.length);
  }
  return ok(archive);
}

/** Only what `writeTar` writes is read: any other form of the same files is refused. */
export function readTar(archive: Uint8Array): Result<readonly PackedFile[], PackageFault> {
  if (archive.length > 2 * MOST_BYTES) return refuse('package.too_large', 'it is too large');
  const files: PackedFile[] = [];
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + BLOCK);
    const size = Number.parseInt(textIn(header, 124, 12), 8);
    if (!(size >= 0 && at + BLOCK + size <= archive.length) || files.length > MOST_FILES) {
      return refuse('package.not_canonical', 'it is no archive, or was cut short');
    }
    const bytes = archive.subarray(at + BLOCK, at + BLOCK + size);
    files.push({ path: textIn(header, 0, NAME_BYTES), bytes });
    at += BLOCK + padded(size);
  }
  const again = writeTar(files);
  if (!again.ok) return again;
  if (!isEqual(again.value, archive)) {
    return refuse('package.not_canonical', 'it is not written as archives of workers are');
  }
  return ok(files);
}

function faultOf(files: readonly PackedFile[]): PackageFault | undefined {
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (files.length > MOST_FILES || size > MOST_BYTES) {
    const most = `at most ${MOST_FILES} of ${MOST_BYTES}`;
    const message = `${files.length} files of ${size} bytes; ${most}`;
    return { code: 'package.too_large', message };
  }
  const names = new Set(files.map(({ path }) => path.toLowerCase()));
  if (names.size !== files.length) {
    return bad('two names differ by their case alone, which some disks take for one');
  }
  for (const { path } of files) {
    if (!NAME.test(path) || path.length > NAME_BYTES) return bad(`${path.slice(0, 120)}`);
    const parts = path.toLowerCase().split('/');
    const above = parts.slice(1).map((_, depth) => parts.slice(0, depth + 1).join('/'));
    if (above.some((folder) => names.has(folder))) return bad(`${path} lies below a file`);
  }
  return undefined;
}

function headerOf(path: string, size: number): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => header.set(encodeUtf8(text), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  put(0, path);
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  put(124, `${octal(size, 11)}\0`);
  put(136, `${octal(0, 11)}\0`);
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\x0000');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  assert(header.length === BLOCK, 'a header is one block');
  return header;
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function textIn(header: Uint8Array, from: number, length: number): string {
  let text = '';
  for (const byte of header.subarray(from, from + length)) {
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function bad(message: string): PackageFault {
  return { code: 'package.bad_name', message };
}

function refuse(code: PackageFault['code'], message: string): Result<never, PackageFault> {
  return err({ code, message });
}
