import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceFacts, serviceTarget } from '../service/service-facts.ts';
import { readServiceRecord } from '../service/service-file.ts';
import type { Context } from '../shell/context.ts';
import { CommandFault } from '../shell/fault.ts';
import { runningPid } from '../shell/lock.ts';
import { stopSupervisor } from '../up/stop.ts';
import { runProgram } from './run-program.ts';
import type { Program, Versions } from './versions.ts';

const STOP_MS = 40_000;

export type Switch = {
  readonly versions: Versions;
  readonly from: Program;
  readonly to: Program;
  /** Whether the node is to run afterwards. */
  readonly wasUp: boolean;
};

/**
 * Has another program run the node: stopped, led there, started, asked, and its log verified. Where
 * any of that fails the one before is led back to and started, and why is thrown.
 */
export async function switchProgram(context: Context, change: Switch): Promise<void> {
  const { versions, from, to, wasUp } = change;
  const keeper = wasUp ? await keeperOf(context) : 'nobody';
  const state = versions.readState();
  versions.writeState({ ...state, under_way: { from, was_up: wasUp } });
  await stop(context);
  versions.lead(to);
  const why = wasUp ? await startAndCheck(context, versions.wordsOf(to), keeper) : undefined;
  if (why === undefined) {
    versions.writeState({ previous: from });
    return;
  }
  await stop(context);
  versions.lead(from);
  const again = await start(context, versions.wordsOf(from), keeper);
  versions.writeState({ ...state, under_way: undefined });
  throw returned(why, again);
}

type Keeper = 'service' | 'nobody';

/** Whether the service runs the node; its file has to be as it was written, to be led elsewhere. */
async function keeperOf(context: Context): Promise<Keeper> {
  const record = readServiceRecord(context.home);
  if (record === undefined) return 'nobody';
  const target = serviceTarget(context, record, record.kind.scope);
  const { file, manager, nodePid } = await serviceFacts(context, target, record);
  if (manager?.pid === undefined || manager.pid !== nodePid) return 'nobody';
  if (file === 'as_written') return 'service';
  const message = `the service starts the node, and ${target.path} is not as it was written`;
  const next = 'ioi service install --replace';
  throw new CommandFault({ exit: 'usage', code: 'upgrade.service_edited', message, next });
}

async function stop({ home }: Context): Promise<void> {
  const stopped = await stopSupervisor(home, STOP_MS);
  if (stopped === undefined || stopped.isGone) return;
  throw new CommandFault({
    exit: 'unexpected',
    code: 'node.still_up',
    message: `process ${stopped.pid} was told to stop and is still there; nothing was changed`,
    next: `kill -KILL ${stopped.pid}, then the same again`,
  });
}

/** Undefined when it runs; else why not. */
async function start(
  { home }: Context,
  words: readonly string[],
  keeper: Keeper,
): Promise<string | undefined> {
  const args = keeper === 'service' ? ['service', 'install'] : ['up', '--detach'];
  const { code, said } = await runProgram(words, [...args, '--no-input'], home.folder);
  return code === 0 ? undefined : `it does not start: ${said}`;
}

async function startAndCheck(
  context: Context,
  words: readonly string[],
  keeper: Keeper,
): Promise<string | undefined> {
  const why = await start(context, words, keeper);
  if (why !== undefined) return why;
  const { home } = context;
  const status = await runProgram(words, ['status'], home.folder);
  if (status.code !== 0) return `it does not answer: ${status.said}`;
  const folder = mkdtempSync(join(tmpdir(), 'ioi-upgrade-'));
  try {
    const log = join(folder, 'log.ioi');
    const exported = await runProgram(words, ['export', '--out', log], home.folder);
    if (exported.code !== 0) return `its log cannot be exported: ${exported.said}`;
    const verified = await runProgram(words, ['verify', log], home.folder);
    if (verified.code !== 0) return `its log does not verify: ${verified.out}${verified.said}`;
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function returned(why: string, again: string | undefined): CommandFault {
  const [first = '', ...rest] = why.split('\n');
  const lines = rest.slice(0, 20);
  if (again === undefined) {
    const message = `the other version was given up, and the one before runs again: ${first}`;
    return new CommandFault({ exit: 'unexpected', code: 'upgrade.returned', message, lines });
  }
  const message = `neither the other version nor the one before starts: ${first}`;
  return new CommandFault({
    exit: 'unexpected',
    code: 'upgrade.neither_starts',
    message,
    lines: [...lines, ...again.split('\n').slice(0, 20)],
    next: 'ioi up; what was snapshot is put back with: ioi restore',
  });
}

/** A program that is not there any more, or does not start, is not led to. */
export async function checkStarts(
  { home }: Context,
  words: readonly string[],
  version: string | undefined,
): Promise<void> {
  const { code, out, said } = await runProgram(words, ['--version'], home.folder);
  if (code === 0 && (version === undefined || out.trim() === version)) return;
  throw new CommandFault({
    exit: 'unexpected',
    code: 'upgrade.does_not_start',
    message: `nothing was changed: ${words.join(' ')} does not start, or is of another version`,
    lines: said.split('\n').slice(0, 8),
  });
}

export function isUp({ home }: Context): boolean {
  return runningPid(home) !== undefined;
}
