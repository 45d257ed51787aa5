import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseStrict } from '@ioi/canon';
import {
  describeCommand,
  isInterpreted,
  type ManifestDraft,
  type PackedFile,
  type Shape,
} from '@ioi/law';
import type { WorkerTask } from '@ioi/protocol';
import { CommandFault, messageOf, usageFault } from './fault.ts';
import { entries } from './installation.ts';

const SHAPE = new URL('../../../../protocol/schemas/WorkerManifest.json', import.meta.url);
/** Frames of Node itself, which say nothing of a worker. */
const INNER = /^\s+at .*\(node:internal/;
const DESCRIBE_MS = 60_000;
const LEFT_OUT: readonly string[] = ['node_modules', '__pycache__'];

/** The JSON Schema of WorkerManifest, as it is published. */
export function manifestShape(): Shape {
  return JSON.parse(readFileSync(SHAPE, 'utf8')) as Shape;
}

/** Every file of a worker's folder but hidden ones, installed ones and what Python leaves. */
export function filesOf(folder: string, below = ''): PackedFile[] {
  const entries = listing(join(folder, below)).filter(({ name }) => {
    return !name.startsWith('.') && !LEFT_OUT.includes(name);
  });
  return entries.flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return filesOf(folder, path);
    if (!entry.isFile()) throw usageFault(`${path} is no file: a package has files alone`);
    return [{ path, bytes: new Uint8Array(readFileSync(join(folder, path))) }];
  });
}

function listing(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (fault) {
    throw usageFault(`the folder cannot be read: ${messageOf(fault)}`, 'ioi worker init DIR');
  }
}

/**
 * What a worker says of itself: its file is run, and asked for that alone, among the files that are
 * packed and nothing else. What it needs and does not bring is missing here, not where it is used.
 */
export function describedTasks(
  files: readonly PackedFile[],
  draft: ManifestDraft,
): readonly WorkerTask[] {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-pack-'));
  try {
    for (const { path, bytes } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    return tasksIn(folder, draft);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tasksIn(folder: string, { entry }: ManifestDraft): readonly WorkerTask[] {
  const { program, args } = isInterpreted(entry)
    ? { program: 'node', args: [entries.describe, entry.file] }
    : describeCommand(entry);
  const command = program === 'node' ? process.execPath : program;
  const { PATH = '' } = process.env;
  const ran = spawnSync(command, args, {
    cwd: folder,
    env: { PATH },
    encoding: 'utf8',
    timeout: DESCRIBE_MS,
    maxBuffer: 1024 * 1024,
  });
  const said = parseStrict(ran.stdout?.trim().split('\n').at(-1) ?? '');
  const described = said.ok ? (said.value as { tasks?: readonly WorkerTask[] } | null) : null;
  if (ran.status === 0 && Array.isArray(described?.tasks)) return described.tasks;
  // The interpreter says it by its own code.
  const [, code, message] = /^(guest\.[a-z_]+): (.+)/.exec(ran.stderr ?? '') ?? [];
  if (isInterpreted(entry) && code !== undefined && message !== undefined) {
    throw new CommandFault({ exit: 'usage', code, message: `${entry.file}: ${message}` });
  }
  const why = ran.error === undefined ? `exit ${ran.status ?? ran.signal}` : ran.error.message;
  throw new CommandFault({
    exit: 'usage',
    code: 'worker.not_described',
    message: `${entry.file} does not say what it is: ${why}`,
    lines: (ran.stderr ?? '')
      .trim()
      .split('\n')
      .filter((line) => !INNER.test(line))
      .slice(-12),
  });
}
