import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Keeper, startWords } from '../core/upgrade/keeper.ts';
import { serviceFacts, serviceTarget } from '../service/service-facts.ts';
import { readServiceRecord } from '../service/service-file.ts';
import type { Context } from '../shell/context.ts';
import { CommandFault, messageOf } from '../shell/fault.ts';
import { runningPid } from '../shell/lock.ts';
import { stopSupervisor } from '../up/stop.ts';
import { runProgram } from './run-program.ts';
import type { Program, UnderWay, UpgradeState, Versions } from './versions.ts';

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
  const state = versions.readState();
  const keeper = wasUp ? await keeperOf(context, state.under_way) : 'nobody';
  // A change that was cut off goes on as itself: what it came from is what is known to run.
  const cutFrom = state.under_way?.from ?? from;
  const folder = wasUp ? temporaryFolder() : undefined;
  try {
    versions.writeState({
      ...state,
      under_way: { from: cutFrom, was_up: wasUp, kept_by: keeper },
    });
    await stop(context);
    const words = versions.wordsOf(to);
    const why = await reasonOf(async () => {
      versions.lead(to);
      if (folder !== undefined) return startAndCheck(context, { words, keeper, folder });
      return undefined;
    });
    if (why !== undefined) throw await goBack(context, change, { why, keeper, state });
    const isSame = versions.wordsOf(from).join(' ') === words.join(' ');
    versions.writeState({ previous: isSame ? state.previous : from });
  } finally {
    if (folder !== undefined) await reasonOf(async () => rmSync(folder, REMOVED));
  }
}

const REMOVED = { recursive: true, force: true } as const;

type GoingBack = {
  readonly why: string;
  readonly keeper: Keeper;
  readonly state: UpgradeState;
};

/** Whatever fails on the way back, `current` leads to the one before, and all of it is told. */
async function goBack(
  context: Context,
  { versions, from, wasUp }: Switch,
  { why, keeper, state }: GoingBack,
): Promise<CommandFault> {
  const stuck = await reasonOf(() => stop(context));
  const unled = await reasonOf(async () => versions.lead(from));
  if (stuck !== undefined) return stillRuns(why, unled ?? stuck);
  const words = versions.wordsOf(from);
  const again = wasUp ? await reasonOf(() => start(context, words, keeper)) : undefined;
  const noted = await reasonOf(async () => versions.writeState({ ...state, under_way: undefined }));
  const whys = [why, unled, noted].filter((each) => each !== undefined);
  return returned(whys.join('\n'), again, wasUp);
}

/** What went wrong: said, or thrown; undefined where nothing did. */
async function reasonOf(does: () => Promise<unknown>): Promise<string | undefined> {
  try {
    const said = await does();
    return typeof said === 'string' ? said : undefined;
  } catch (fault) {
    return messageOf(fault);
  }
}

/** Made before anything changes, since without one nothing can be checked afterwards. */
function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'ioi-upgrade-'));
  } catch (fault) {
    throw new CommandFault({
      exit: 'unexpected',
      code: 'upgrade.no_temporary_folder',
      message: `nothing was changed: ${tmpdir()} takes no files (${messageOf(fault)})`,
      next: 'TMPDIR=/some/folder, and the same again',
    });
  }
}

/** Which service runs the node; its file has to be as it was written, to be led elsewhere. */
async function keeperOf(context: Context, cut: UnderWay | undefined): Promise<Keeper> {
  const before = cut?.kept_by ?? 'nobody';
  const record = readServiceRecord(context.home);
  if (record === undefined) return 'nobody';
  const target = serviceTarget(context, record, record.kind.scope);
  const { file, manager, nodePid } = await serviceFacts(context, target, record);
  if (manager?.pid === undefined || manager.pid !== nodePid) return before;
  if (file === 'as_written') {
    if (record.kind.scope === 'system') checkMayWrite(target.path);
    return record.kind.scope;
  }
  const message = `the service starts the node, and ${target.path} is not as it was written`;
  const next = 'ioi service install --replace';
  throw new CommandFault({ exit: 'usage', code: 'upgrade.service_edited', message, next });
}

/** A service of the machine is installed anew by whoever may: known before a node is stopped. */
function checkMayWrite(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    const message = `nothing was changed: ${path} starts the node, and may not be written`;
    const next = 'sudo, with IOI_HOME as it is here, and --into the folder of the versions';
    throw new CommandFault({ exit: 'usage', code: 'upgrade.service_not_yours', message, next });
  }
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
  const { code, said } = await runProgram(words, startWords(keeper), home.folder);
  return code === 0 ? undefined : `it does not start: ${said}`;
}

type Checking = {
  readonly words: readonly string[];
  readonly keeper: Keeper;
  /** For the log that is verified. */
  readonly folder: string;
};

async function startAndCheck(
  context: Context,
  { words, keeper, folder }: Checking,
): Promise<string | undefined> {
  const why = await start(context, words, keeper);
  if (why !== undefined) return why;
  const { home } = context;
  const status = await runProgram(words, ['status'], home.folder);
  if (status.code !== 0) return `it does not answer: ${status.said}`;
  const log = join(folder, 'log.ioi');
  const exported = await runProgram(words, ['export', '--out', log], home.folder);
  if (exported.code !== 0) return `its log cannot be exported: ${exported.said}`;
  const verified = await runProgram(words, ['verify', log], home.folder);
  if (verified.code !== 0) return `its log does not verify: ${verified.out}${verified.said}`;
  return undefined;
}

/** The change stays under way, so that the way back can be gone again. */
function stillRuns(why: string, stuck: string): CommandFault {
  return new CommandFault({
    exit: 'unexpected',
    code: 'upgrade.still_runs',
    message: 'the other version was given up, and does not end; the one before was not started',
    lines: [...why.split('\n').slice(0, 20), stuck],
    next: 'ioi upgrade --rollback, once that process is gone',
  });
}

function returned(why: string, again: string | undefined, wasUp: boolean): CommandFault {
  const [first = '', ...rest] = why.split('\n');
  const lines = rest.slice(0, 20);
  if (again === undefined) {
    const now = wasUp ? 'the one before runs again' : 'the node is down, as it was';
    const message = `the other version was given up, and ${now}: ${first}`;
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
