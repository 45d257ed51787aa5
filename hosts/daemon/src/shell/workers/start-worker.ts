import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { launchPlainly, minimalEnvironment, type Sandbox } from '@ioi/drivers/shell';
import { startCommand } from '@ioi/law';
import type { OpenWorkerRun, Rejection, WorkerHost } from '@ioi/protocol';
import { GuestHost, WorkerProcess } from '@ioi/workers/shell';
import { entryIn, type WorkerEntry } from './worker-entry.ts';

/** Where a worker's program is, and what it is started with. */
export type WorkerProgram = {
  readonly folder: string;
  readonly file: string;
  /** What of it the program may read. */
  readonly opened: readonly string[];
  /** As its manifest has it. */
  readonly entry?: WorkerEntry | undefined;
  readonly name: string;
  readonly hash: Digest;
  /** Of one that is interpreted: what was hashed is what runs, whatever its file is by then. */
  readonly bytes?: Uint8Array;
};

type Command = { readonly command: string; readonly args: readonly string[] };

/** Interpreted in the node, in memory of its own: it needs no sandbox of this machine. */
const GUEST = /\.(guest\.(js|mjs|ts)|wasm)$/;
const FILES = ['py', 'ts', 'mjs', 'js', 'guest.js', 'guest.mjs', 'guest.ts', 'wasm'].map(
  (ending) => `worker.${ending}`,
);
const MOST_FILES = 2000;
const MOST_BYTES = 64 * 1024 * 1024;
const LONGEST_NAME = 64;
/** Of one worker: many are at work at once, and none of them is to take the machine. */
const LIMITS = { memory: 2 * 1024 * 1024 * 1024, processes: 256 };
export const PYTHON = '/usr/bin/python3';
const SDK = 'ioi_sdk';
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A worker in one file, or a folder with a `worker.py` or `worker.ts` and whatever it needs. */
export async function findWorker(path: string): Promise<Result<WorkerProgram, Rejection>> {
  if (!isAbsolute(path)) return refuse('worker.path', 'the path of a worker is absolute');
  const real = await realpath(path).catch(() => undefined);
  const stat = real === undefined ? undefined : await lstat(real);
  if (real === undefined || stat === undefined) return refuse('worker.path', `nothing at ${path}`);
  if (stat.isFile()) return aloneIn(real);
  if (!stat.isDirectory()) return refuse('worker.path', `${path} is neither file nor folder`);
  const names = await readdir(real);
  const entry = await entryIn(real, names);
  if (!entry.ok) return entry;
  const file = entry.value?.file ?? FILES.find((each) => names.includes(each));
  if (file === undefined) return refuse('worker.path', `${path} has none of ${FILES.join(', ')}`);
  const files = await filesIn(real);
  if (!files.ok) return files;
  if (!files.value.includes(join(real, file))) {
    return refuse('worker.path', `${path} has no ${file}`);
  }
  const program = await programOf(join(real, file), { folder: real, files: files.value });
  return program.ok ? ok({ ...program.value, entry: entry.value }) : program;
}

/** One file, with the SDK that lies beside it: nothing else of its folder is opened to it. */
async function aloneIn(file: string): Promise<Result<WorkerProgram, Rejection>> {
  const folder = dirname(file);
  const sdk = join(folder, SDK);
  const isThere = (await lstat(sdk).catch(() => undefined))?.isDirectory() === true;
  const files = isThere ? await filesIn(sdk) : ok([]);
  if (!files.ok) return files;
  const opened = isThere ? [file, sdk] : [file];
  return programOf(file, { folder, files: [file, ...files.value], opened });
}

type Held = {
  readonly folder: string;
  readonly files: readonly string[];
  /** What it may read where that is not all of its folder. */
  readonly opened?: readonly string[];
};

async function programOf(
  file: string,
  { folder, files, opened }: Held,
): Promise<Result<WorkerProgram, Rejection>> {
  if (!GUEST.test(file) && commandOf({ folder, file }) === undefined) {
    return refuse('worker.language', `${basename(file)} is no .py, .ts, .mjs, .js or .wasm`);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  let own: Buffer | undefined;
  for (const each of files) {
    const content = await contentOf(each);
    bytes += content?.byteLength ?? MOST_BYTES;
    if (content === undefined || bytes > MOST_BYTES) {
      return refuse('worker.too_large', `more than ${MOST_BYTES} bytes`);
    }
    if (each === file) own = content;
    hash.update(`${relative(folder, each)}\0${content.byteLength}\0`).update(content);
  }
  const plain = basename(file, extname(file)).replace(/\.guest$/, '');
  const called = plain === 'worker' ? basename(folder) : plain;
  const name = called.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, LONGEST_NAME);
  const isGuest = GUEST.test(file);
  if (isGuest && (await lstat(file)).isSymbolicLink()) {
    return refuse('worker.path', `${file} is a link: name the file itself`);
  }
  const read = isGuest && own !== undefined ? { bytes: new Uint8Array(own) } : {};
  const about = { folder, file, name, opened: opened ?? [folder], ...read };
  return ok({ ...about, hash: `sha256:${hash.digest('hex')}` });
}

/**
 * Of a link what it says: what it leads to lies in the same folder, and counts by itself.
 * Undefined where it is too large.
 */
async function contentOf(path: string): Promise<Buffer | undefined> {
  const stat = await lstat(path);
  if (stat.isSymbolicLink()) return Buffer.from(await readlink(path));
  const file = await open(path, READ);
  try {
    const { size } = await file.stat();
    return size > MOST_BYTES ? undefined : await file.readFile();
  } finally {
    await file.close();
  }
}

/** Every file and link below a folder, in one order; none of them leads out of it. */
async function filesIn(folder: string): Promise<Result<readonly string[], Rejection>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => !each.isDirectory());
  if (files.length > MOST_FILES) {
    return refuse('worker.too_large', `${folder} holds more than ${MOST_FILES} files`);
  }
  for (const each of files) {
    const path = join(each.parentPath, each.name);
    const real = each.isSymbolicLink() ? await realpath(path).catch(() => path) : path;
    const isInside = real === folder || real.startsWith(`${folder}/`);
    if (!isInside) return refuse('worker.link_outside', `${path} leads to ${real}`);
    const isKnown = each.isFile() || each.isSymbolicLink();
    if (!isKnown) return refuse('worker.path', `${path} is neither file, folder nor link`);
  }
  return ok(files.map((each) => join(each.parentPath, each.name)).sort());
}

/** Python by the SDK that lies beside the worker; what Node runs speaks for itself. */
function commandOf({
  file,
  entry,
}: Pick<WorkerProgram, 'folder' | 'file' | 'entry'>): Command | undefined {
  if (entry?.language === 'python') return { command: PYTHON, args: startCommand(entry).args };
  if (/\.(ts|mjs|js)$/.test(file)) {
    const quiet = '--disable-warning=ExperimentalWarning';
    return { command: process.execPath, args: [quiet, file] };
  }
  if (!file.endsWith('.py')) return undefined;
  return { command: PYTHON, args: ['-m', 'ioi_sdk', file] };
}

export type Starting = {
  readonly sandbox: Sandbox;
  /** Only where a person said so: nothing holds the worker then. */
  readonly isUnconfined: boolean;
};

/** What holds it to its steps. */
export function confinementOf(
  { file }: Pick<WorkerProgram, 'file'>,
  { isUnconfined }: Pick<Starting, 'isUnconfined'>,
): OpenWorkerRun['confinement'] {
  if (GUEST.test(file)) return 'interpreter';
  return isUnconfined ? 'none' : 'sandbox';
}

/** A process with nothing but its own folder, no network, and the wire. */
export async function startWorker(
  program: WorkerProgram,
  { sandbox, isUnconfined }: Starting,
): Promise<Result<WorkerHost, Rejection>> {
  if (GUEST.test(program.file)) return startGuest(program);
  const command = commandOf(program);
  if (command === undefined) return refuse('worker.language', 'nothing here runs it');
  const { folder, opened } = program;
  const cwd = opened.includes(folder) ? folder : '/';
  // What Python compiled and left beside is not what counts: the files themselves are.
  const python = { PYTHONDONTWRITEBYTECODE: '1', PYTHONPYCACHEPREFIX: '/nonexistent' };
  const own = { PYTHONPATH: folder, ...python };
  const env = { ...minimalEnvironment({ PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' }), ...own };
  const probed = sandbox.probe();
  if (!isUnconfined && !probed.ok) {
    const { cause, fix } = probed.refusal;
    return refuse('worker.no_sandbox', `${cause}; ${fix}`);
  }
  const read = [...opened, dirname(process.execPath)];
  const manifest = { paths: { read, write: [] }, hosts: [], placeholders: {} };
  const launched = isUnconfined
    ? launchPlainly(command.command, command.args, { cwd, env })
    : sandbox.launch(command.command, command.args, { cwd, env, manifest, limits: LIMITS });
  const greeted = await WorkerProcess.greet(launched);
  if (greeted.ok) return greeted;
  const { code, message } = greeted.error;
  return refuse(code, message);
}

async function startGuest(program: WorkerProgram): Promise<Result<WorkerHost, Rejection>> {
  const { file, name } = program;
  const guest = basename(file);
  const bytes = program.bytes ?? new Uint8Array(await readFile(file));
  if (file.endsWith('.wasm')) return GuestHost.open({ name: guest, bytes }, { name });
  return GuestHost.open({ name: guest, text: Buffer.from(bytes).toString('utf8') }, { name });
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
