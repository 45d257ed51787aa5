import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative } from 'node:path';
import { err, ok, type Result } from '@ioi/basis';
import type { Digest } from '@ioi/canon';
import { launchPlainly, minimalEnvironment, type Sandbox } from '@ioi/drivers/shell';
import { startCommand } from '@ioi/law';
import type { Rejection, WorkerHost } from '@ioi/protocol';
import { GuestHost, WorkerProcess } from '@ioi/workers/shell';
import { entryIn, type WorkerEntry } from './worker-entry.ts';

/** Where a worker's program is, and what it is started with. */
export type WorkerProgram = {
  readonly folder: string;
  readonly file: string;
  /** As its manifest has it. */
  readonly entry?: WorkerEntry | undefined;
  readonly name: string;
  readonly hash: Digest;
};

type Command = { readonly command: string; readonly args: readonly string[] };

/** Interpreted in the node, in memory of its own: it needs no sandbox of this machine. */
const GUEST = /\.guest\.(js|mjs|ts)$/;
const FILES = ['worker.py', 'worker.ts', 'worker.mjs', 'worker.js'];
const MOST_FILES = 2000;
const MOST_BYTES = 64 * 1024 * 1024;
const LONGEST_NAME = 64;
export const PYTHON = '/usr/bin/python3';

/** A worker in one file, or a folder with a `worker.py` or `worker.ts` and whatever it needs. */
export async function findWorker(path: string): Promise<Result<WorkerProgram, Rejection>> {
  if (!isAbsolute(path)) return refuse('worker.path', 'the path of a worker is absolute');
  const real = await realpath(path).catch(() => undefined);
  const stat = real === undefined ? undefined : await lstat(real);
  if (real === undefined || stat === undefined) return refuse('worker.path', `nothing at ${path}`);
  if (!stat.isDirectory()) return programOf(dirname(real), real, [real]);
  const names = await readdir(real);
  const entry = await entryIn(real, names);
  if (!entry.ok) return entry;
  const file = entry.value?.file ?? FILES.find((each) => names.includes(each));
  if (file === undefined) return refuse('worker.path', `${path} has none of ${FILES.join(', ')}`);
  const files = await filesIn(real);
  if (files === undefined) return refuse('worker.too_large', `${path} holds too much`);
  if (!files.includes(join(real, file))) return refuse('worker.path', `${path} has no ${file}`);
  const program = await programOf(real, join(real, file), files);
  return program.ok ? ok({ ...program.value, entry: entry.value }) : program;
}

async function programOf(
  folder: string,
  file: string,
  files: readonly string[],
): Promise<Result<WorkerProgram, Rejection>> {
  if (commandOf({ folder, file }) === undefined) {
    return refuse('worker.language', `${basename(file)} is no .py, .ts, .mjs or .js`);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  for (const each of files) {
    const content = await readFile(each);
    bytes += content.byteLength;
    if (bytes > MOST_BYTES) return refuse('worker.too_large', `more than ${MOST_BYTES} bytes`);
    hash.update(`${relative(folder, each)}\0${content.byteLength}\0`).update(content);
  }
  const plain = basename(file, extname(file)).replace(/\.guest$/, '');
  const called = plain === 'worker' ? basename(folder) : plain;
  const name = called.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, LONGEST_NAME);
  return ok({ folder, file, name, hash: `sha256:${hash.digest('hex')}` });
}

/** Every file below a folder, in one order; undefined where there are too many. */
async function filesIn(folder: string): Promise<string[] | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => each.isFile() && !each.parentPath.includes('__pycache__'));
  if (files.length > MOST_FILES) return undefined;
  return files.map((each) => join(each.parentPath, each.name)).sort();
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

/** A process with nothing but its own folder, no network, and the wire. */
export async function startWorker(
  program: WorkerProgram,
  { sandbox, isUnconfined }: Starting,
): Promise<Result<WorkerHost, Rejection>> {
  if (GUEST.test(program.file)) return startGuest(program);
  const command = commandOf(program);
  if (command === undefined) return refuse('worker.language', 'nothing here runs it');
  const { folder: cwd } = program;
  const own = { PYTHONPATH: cwd, PYTHONDONTWRITEBYTECODE: '1' };
  const env = { ...minimalEnvironment({ PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' }), ...own };
  const probed = sandbox.probe();
  if (!isUnconfined && !probed.ok) {
    const { cause, fix } = probed.refusal;
    return refuse('worker.no_sandbox', `${cause}; ${fix}`);
  }
  const read = [cwd, dirname(process.execPath)];
  const manifest = { paths: { read, write: [] }, hosts: [], placeholders: {} };
  const launched = isUnconfined
    ? launchPlainly(command.command, command.args, { cwd, env })
    : sandbox.launch(command.command, command.args, { cwd, env, manifest });
  const greeted = await WorkerProcess.greet(launched);
  if (greeted.ok) return greeted;
  const { code, message } = greeted.error;
  return refuse(code, message);
}

async function startGuest({ file, name }: WorkerProgram): Promise<Result<WorkerHost, Rejection>> {
  const text = await readFile(file, 'utf8');
  return GuestHost.open({ name: basename(file), text }, { name });
}

function refuse(code: string, message: string): { readonly ok: false; readonly error: Rejection } {
  return err({ code, message });
}
