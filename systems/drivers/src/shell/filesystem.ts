import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { decodeUtf8, err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import type { ActionFacts, ActionRequest, Rejection, RuntimeToolContract } from '@ioi/protocol';
import {
  type Observation,
  type PathRoles,
  type PathState,
  pathsOf,
  rolesOf,
} from '../core/observation.ts';

const LONGEST_PATH_BYTES = 4096;
const MOST_PATHS = 1024;
/** Larger files are looked at, but their content is not read. */
const LARGEST_DIGESTED_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 256 * 1024;

type Resolved = Result<string, Rejection>;

/**
 * What each path means on this machine (design ruling 4): absolute or against `root`, `.` and
 * `..` folded, symbolic links resolved, bytes kept. A path that another reader could take for a
 * different one is refused: through a dangling link, or where a name differs from an existing
 * one only in its Unicode form.
 */
export async function resolvePaths(
  root: string,
  raw: readonly string[],
): Promise<Result<ReadonlyMap<string, string>, Rejection>> {
  // Most calls name no path, and must not wait for the file system.
  if (raw.length === 0) return ok(new Map());
  const base = await resolveRoot(root);
  return base.ok ? resolveEach(base.value, raw) : base;
}

async function resolveEach(
  base: string,
  raw: readonly string[],
): Promise<Result<ReadonlyMap<string, string>, Rejection>> {
  if (raw.length > MOST_PATHS) return refuse('path.too_many', `more than ${MOST_PATHS} paths`);
  const resolved = new Map<string, string>();
  for (const path of raw) {
    const each = await resolvePath(base, path);
    if (!each.ok) return each;
    resolved.set(path, each.value);
  }
  return ok(resolved);
}

async function resolveRoot(root: string): Promise<Resolved> {
  if (!isAbsolute(root)) return refuse('path.invalid', 'the root must be absolute');
  return resolvePath('/', root);
}

async function resolvePath(root: string, raw: string): Promise<Resolved> {
  if (raw.includes('\0')) return refuse('path.invalid', 'a path may not hold NUL');
  if (!raw.isWellFormed()) return refuse('path.invalid', 'a path must be well-formed Unicode');
  const folded = resolve(root, raw);
  if (Buffer.byteLength(folded) > LONGEST_PATH_BYTES) {
    return refuse('path.too_long', `a path may have ${LONGEST_PATH_BYTES} bytes`);
  }
  return followLinks(folded);
}

/** The real path of the deepest part that exists, and the rest below it as it was named. */
async function followLinks(folded: string): Promise<Resolved> {
  const missing: string[] = [];
  for (let existing = folded; ; existing = dirname(existing)) {
    const real = await realPath(existing);
    if (!real.ok) return real;
    if (real.value !== undefined) return belowExisting(real.value, missing);
    missing.unshift(basename(existing));
  }
}

/** Undefined when nothing is there at all. */
async function realPath(path: string): Promise<Result<string | undefined, Rejection>> {
  try {
    const bytes = await realpath(path, { encoding: 'buffer' });
    const text = decodeUtf8(bytes);
    if (text === undefined) return refuse('path.not_utf8', 'a path on disk is not UTF-8');
    return ok(text);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return unresolvable(error);
  }
  try {
    await lstat(path);
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? ok(undefined) : unresolvable(error);
  }
  return refuse('path.dangling_link', 'a link in the path leads to nothing');
}

async function belowExisting(base: string, missing: readonly string[]): Promise<Resolved> {
  const [first] = missing;
  if (first === undefined) return ok(base);
  if (hasUnicodeTwins(first)) {
    const twin = await findTwin(base, first);
    if (!twin.ok) return twin;
  }
  return ok(join(base, ...missing));
}

/**
 * Whether names that differ only in Unicode form exist for this one: never for plain ASCII, but
 * for the three characters of it that other characters compose to.
 */
export function hasUnicodeTwins(name: string): boolean {
  return /[^\x00-\x7f]|[;K`]/.test(name);
}

/** Servers look for such twins (server-filesystem does) and would act on the other file. */
async function findTwin(folder: string, name: string): Promise<Result<void, Rejection>> {
  const wanted = name.normalize('NFC');
  try {
    const names = await readdir(folder);
    if (!names.some((each) => each.normalize('NFC') === wanted)) return ok(undefined);
  } catch (error) {
    return unresolvable(error);
  }
  return refuse('path.ambiguous_unicode', 'a name differs from an existing one in form only');
}

export type FactsInput = {
  readonly root: string;
  readonly contract: RuntimeToolContract;
  readonly request: ActionRequest;
};

/** The facts the contract names. Refuses when a path no longer resolves to itself. */
export async function gatherFacts(input: FactsInput): Promise<Result<ActionFacts, Rejection>> {
  const { contract, request } = input;
  const paths = pathsOf(contract, request.params);
  const base = await resolveRoot(input.root);
  if (!base.ok) return base;
  const resolved = await resolveEach(base.value, paths);
  if (!resolved.ok) return resolved;
  for (const path of paths) {
    if (resolved.value.get(path) !== path) {
      return refuse('path.moved', `${path} no longer leads where it led`);
    }
  }
  const { target } = rolesOf(contract, request.params);
  const wantsExistence = contract.facts.includes('target_exists') && target !== undefined;
  const exists = wantsExistence ? await pathExists(target) : ok(undefined);
  if (!exists.ok) return exists;
  return ok({
    ...(exists.value === undefined ? {} : { target_exists: exists.value }),
    ...(contract.facts.includes('workspace_root') ? { workspace_root: base.value } : {}),
  });
}

async function pathExists(path: string): Promise<Result<boolean, Rejection>> {
  try {
    await lstat(path);
    return ok(true);
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? ok(false) : unresolvable(error);
  }
}

/** What stands at each path now. Reads files without following links or waiting for pipes. */
export async function observe(roles: PathRoles): Promise<Observation> {
  const target = roles.target === undefined ? undefined : await stateOf(roles.target);
  const source = roles.source === undefined ? undefined : await stateOf(roles.source);
  return {
    ...(target === undefined ? {} : { target }),
    ...(source === undefined ? {} : { source }),
  };
}

async function stateOf(path: string): Promise<PathState> {
  try {
    const stat = await lstat(path);
    if (stat.isDirectory()) return { kind: 'directory' };
    if (!stat.isFile()) return { kind: 'other' };
    return await digestFile(path, stat.size);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return { kind: 'unobservable', reason: codeOf(error) };
    return { kind: 'absent', ancestor: await deepestExisting(dirname(path)) };
  }
}

async function deepestExisting(path: string): Promise<string> {
  const exists = await pathExists(path);
  return (exists.ok && exists.value) || path === '/' ? path : deepestExisting(dirname(path));
}

async function digestFile(path: string, size: number): Promise<PathState> {
  if (size > LARGEST_DIGESTED_BYTES) return { kind: 'file', bytes: size };
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags);
  try {
    const hash = createHash('sha256');
    // One byte more than it should hold, so that one read shows the end of a small file.
    const buffer = Buffer.allocUnsafe(Math.min(size + 1, READ_BYTES));
    let bytes = 0;
    for (let isMore = true; isMore; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      bytes += bytesRead;
      if (bytes > LARGEST_DIGESTED_BYTES) return { kind: 'file', bytes };
      hash.update(buffer.subarray(0, bytesRead));
      isMore = bytesRead === buffer.length;
    }
    const digest: Digest = `sha256:${hash.digest('hex')}`;
    return { kind: 'file', bytes, digest };
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? 'unknown');
}

function unresolvable(error: unknown): Resolved & { readonly ok: false } {
  return refuse('path.unresolvable', `a path cannot be looked up (${codeOf(error)})`);
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
