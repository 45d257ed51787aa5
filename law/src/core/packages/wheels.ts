import { decodeUtf8 } from '@ioi/basis';
import { type Digest, digestBytes } from '@ioi/canon';
import type { WorkerManifest } from '@ioi/protocol';
import type { PackageFault } from './codes.ts';
import type { PackedFile } from './tar.ts';

/** Where a worker in Python carries what it imports, and what says which bytes those are. */
const WHEELS = 'wheels/';
const LOCK = 'requirements.lock';
/** Of the language alone: what was compiled for one machine is nothing on another. */
const WHEEL =
  /^([A-Za-z0-9_.]+)-([A-Za-z0-9_.]+)(?:-[0-9][A-Za-z0-9_.]*)?-([a-z0-9.]+)-none-any\.whl$/;
const LOCKED =
  /^([A-Za-z0-9][A-Za-z0-9_.-]*)==([A-Za-z0-9_.]+)((?: +--hash=sha256:[0-9a-f]{64})+)$/;

type Locked = {
  readonly name: string;
  readonly version: string;
  readonly digests: readonly string[];
};

/**
 * Why what a worker imports is not exactly what its author locked: each wheel is named with its
 * version and its digest by a line of `requirements.lock`, as pip has it, and each line has its
 * wheel. Undefined where it is, or where it carries nothing.
 */
export function wheelFault(
  { language }: WorkerManifest['entry'],
  files: readonly PackedFile[],
): PackageFault | undefined {
  if (language !== 'python') return undefined;
  const lock = files.find(({ path }) => path === LOCK);
  const wheels = files.filter(({ path }) => isWheelPath(path));
  if (lock === undefined && wheels.length === 0) return undefined;
  const lines = lock === undefined ? [] : lockedIn(lock.bytes);
  if (typeof lines === 'string') return { code: 'package.lock_unreadable', message: lines };
  const held = new Set<Locked>();
  for (const { path, bytes } of wheels) {
    const named = wheelNamed(path.slice(WHEELS.length));
    if (named === undefined) {
      const message = `${path} is no wheel of Python 3 alone (…-py3-none-any.whl)`;
      return { code: 'package.wheel_not_portable', message };
    }
    const line = lines.find((each) => isOf(each, named, digestBytes(bytes)));
    if (line === undefined) return notLocked(path, named, digestBytes(bytes));
    held.add(line);
  }
  const missing = lines.find((each) => !held.has(each));
  if (missing === undefined) return undefined;
  const message = `${LOCK} names ${missing.name} ${missing.version}, which is not in ${WHEELS}`;
  return { code: 'package.wheel_missing', message };
}

/** Some disks take `Wheels` for the same folder. */
function isWheelPath(path: string): boolean {
  return path.toLowerCase().startsWith(WHEELS);
}

type Named = Pick<Locked, 'name' | 'version'>;

function isOf(line: Locked, { name, version }: Named, digest: Digest): boolean {
  return line.name === name && line.version === version && line.digests.includes(digest);
}

function notLocked(path: string, { name, version }: Named, digest: Digest): PackageFault {
  const line = `${name}==${version} --hash=${digest}`;
  const message = `${path} is not what ${LOCK} says; this is: ${line}`;
  return { code: 'package.wheel_not_locked', message };
}

function wheelNamed(file: string): Named | undefined {
  const [, name = '', version = '', languages = ''] = WHEEL.exec(file) ?? [];
  const isFit = languages.split('.').some((each) => /^py3\d*$/.test(each));
  return isFit ? { name: normal(name), version } : undefined;
}

/** The lines of a lock, or what is wrong with one. */
function lockedIn(bytes: Uint8Array): readonly Locked[] | string {
  const text = decodeUtf8(bytes);
  if (text === undefined) return `${LOCK} is no UTF-8`;
  const lines = text.replaceAll(/\\\r?\n/g, ' ').split(/\r?\n/);
  const found: Locked[] = [];
  for (const each of lines) {
    const line = each
      .replace(/(^|\s)#.*$/, '')
      .replaceAll(/\s+/g, ' ')
      .trim();
    if (line === '') continue;
    const [, name = '', version = '', hashes = ''] = LOCKED.exec(line) ?? [];
    if (name === '') {
      return `${LOCK}: ${JSON.stringify(line.slice(0, 80))} is not name==version --hash=sha256:…`;
    }
    const digests = hashes
      .trim()
      .split(/ +/)
      .map((hash) => hash.slice('--hash='.length));
    found.push({ name: normal(name), version, digests });
  }
  return found;
}

/** One spelling per name (PEP 503). */
function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
