// What a release in one file starts with: Node begins here, and finds behind its own end the
// archive of the release. It is unpacked once, and what was unpacked is started in place of this.
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { getAsset } from 'node:sea';
import { unpack } from '@ioi/cli/unpack';
import { CARRIED, type Carried, plainNode } from './carried.ts';

const HOUR_MS = 3_600_000;
const UNPACKING = '.unpacking-';
const OTHERS_WRITE = 0o022;

class Unstartable extends Error {
  readonly next: string;

  constructor(message: string, next: string) {
    super(message);
    this.next = next;
  }
}

async function start(): Promise<void> {
  const carried = JSON.parse(getAsset(CARRIED, 'utf8')) as Carried;
  const above = process.env['IOI_SINGLE'] || join(homedir(), '.local/lib/ioi-single');
  const folder = join(above, `${carried.version}-${carried.sha256.slice(0, 16)}`);
  if (!existsSync(folder)) await place(carried, above, folder);
  mustBeOurs(folder);
  const node = join(folder, carried.node);
  const args = [node, join(folder, 'bin/ioi.cjs'), ...process.argv.slice(2)];
  if (process.execve === undefined) throw new Error('this system cannot replace a process');
  process.execve(node, args, process.env);
}

/** Whole or not at all: whoever is first names it, and whoever is killed leaves no half of one. */
async function place(carried: Carried, above: string, folder: string): Promise<void> {
  mkdirSync(above, { recursive: true, mode: 0o700 });
  sweep(above);
  const part = mkdtempSync(join(above, UNPACKING));
  try {
    const from = statSync(process.execPath).size - carried.bytes;
    const sha256 = await unpack(process.execPath, part, from);
    if (sha256 !== carried.sha256) {
      throw new Unstartable('what it carries is not what it was made with', 'get it again');
    }
    const node = join(part, carried.node);
    mkdirSync(dirname(node), { recursive: true });
    writeFileSync(node, plainNode(bytesOf(process.execPath, from)), { mode: 0o755 });
    renameSync(part, folder);
  } catch (fault) {
    rmSync(part, { recursive: true, force: true });
    if (existsSync(folder)) return;
    const { code } = fault as NodeJS.ErrnoException;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT' || /no room/.test(String(fault));
    if (!isFull) throw fault;
    throw new Unstartable(
      `there is no room to unpack it below ${above}`,
      'make room, or name another folder: IOI_SINGLE=/folder',
    );
  }
}

/** What somebody who was killed left. */
function sweep(above: string): void {
  for (const name of readdirSync(above).filter((each) => each.startsWith(UNPACKING))) {
    const path = join(above, name);
    const at = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - at > HOUR_MS) rmSync(path, { recursive: true, force: true });
  }
}

/** A folder that others write into would have us start what they like. */
function mustBeOurs(folder: string): void {
  const own = process.getuid?.();
  for (const path of [dirname(folder), folder]) {
    const { uid, mode } = lstatSync(path);
    if ((uid === own || uid === 0) && (mode & OTHERS_WRITE) === 0) continue;
    throw new Unstartable(
      `${path} is another account’s, or others may write there`,
      'name a folder of yours: IOI_SINGLE=/folder',
    );
  }
}

function bytesOf(path: string, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  const file = openSync(path, 'r');
  try {
    for (let at = 0; at < size; ) {
      const read = readSync(file, bytes, at, size - at, at);
      if (read === 0) throw new Error(`${path} ends too early`);
      at += read;
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}

start().catch((fault: unknown) => {
  const said = fault instanceof Error ? fault.message : String(fault);
  const next = fault instanceof Unstartable ? fault.next : 'get it again, and look at its digest';
  process.stderr.write(`ioi: it was not started: ${said}\n  next: ${next}\n`);
  process.exitCode = 1;
});
