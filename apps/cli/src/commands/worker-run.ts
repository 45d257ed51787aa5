import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerRunAsked, WorkerRunStatus } from '@ioi/protocol';
import { tabbed, table } from '../core/columns.ts';
import type { ExitName } from '../core/exit-codes.ts';
import { readTimeSpan } from '../core/time-span.ts';
import {
  queuedLine,
  WORKER_RUN_COLUMNS,
  workerRunLines,
  workerRunRows,
  workerScoreLines,
  workerStepLines,
} from '../core/worker-run-view.ts';
import {
  type Command,
  type Context,
  countOption,
  flagOption,
  needNode,
  type Options,
  textOption,
} from '../shell/context.ts';
import { isUnreachable, messageOf, usageFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { WorkerInstallApi } from '../shell/worker-install-api.ts';
import { WorkerProgress } from '../shell/worker-progress.ts';
import { WorkerRunApi } from '../shell/worker-run-api.ts';

const BARE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;
const LOOK_MS = 200;
const MOST_STEPS = 1024;

/** `ioi worker run WORKER`: a task from its start to its end, over restarts of the node. */
export const workerRun: Command = async (context, [worker = ''], options) => {
  const api = apiOf(context);
  const from = await fromOf(context, worker);
  const progress = progressIn(context, api, options);
  const watched = progress === undefined ? {} : { progress: true };
  const opened = await api.run({ ...from, ...askedIn(options), ...watched });
  if (flagOption(options, 'detach')) {
    context.output.say(workerRunLines(opened), opened);
    return undefined;
  }
  const ended = await endOf(api, opened, { ...context, progress });
  context.output.say(workerRunLines(ended), ended);
  return exitOf(ended);
};

/** `ioi worker runs` */
export const workerRuns: Command = async (context) => {
  const { output } = context;
  const page = await apiOf(context).list();
  const rows = workerRunRows(page.runs);
  const lines = output.plain ? tabbed(rows) : table(WORKER_RUN_COLUMNS, rows);
  output.say(rows.length === 0 ? ['no worker ran here'] : lines, page);
  return undefined;
};

/** `ioi worker show RUN`: what is sealed of it. */
export const workerShow: Command = async (context, [run = '']) => {
  const api = apiOf(context);
  const status = await api.inspect(run);
  const { steps } = await api.trace(run);
  context.output.say([...workerRunLines(status), ...workerStepLines(steps)], { ...status, steps });
  return undefined;
};

/** `ioi worker score RUN`: counted from what is sealed, and judged by its contract. */
export const workerScore: Command = async (context, [run = '']) => {
  const score = await apiOf(context).score(run);
  context.output.say(workerScoreLines(score), score);
  // One that is not over is not passed either.
  const isPassed = score.contract === undefined || score.satisfied === true;
  return isPassed ? undefined : 'unverified';
};

/** `ioi worker pause|resume|cancel RUN` */
export function wordFor(word: 'pause' | 'resume' | 'cancel'): Command {
  return async (context, [run = '']) => {
    const status = await apiOf(context).say(run, word);
    context.output.say(workerRunLines(status), status);
    return undefined;
  };
}

function apiOf({ home }: Context): WorkerRunApi {
  needNode(home);
  return new WorkerRunApi(findSockets(home));
}

/** A bare name is that of an installed worker, a path anything else; never either by chance. */
async function fromOf(
  { home }: Context,
  given: string,
): Promise<Pick<WorkerRunAsked, 'path' | 'installed'>> {
  if (given.startsWith('ai://')) return { installed: given };
  const path = resolve(given);
  if (!BARE_NAME.test(given)) return { path };
  const { workers } = await new WorkerInstallApi(findSockets(home)).list();
  const isInstalled = workers.some(({ name, state }) => name === given && state === 'installed');
  if (isInstalled && existsSync(path)) {
    throw usageFault(`${given} is installed, and lies here too: say ./${given} or ai://…`);
  }
  return isInstalled || !existsSync(path) ? { installed: given } : { path };
}

export function askedIn(options: Options): WorkerRunAsked {
  const task = textOption(options, 'task');
  const seconds = countOption(options, 'deadline', 0);
  const window = readTimeSpan(textOption(options, 'readingsFor') ?? '0s');
  if (window === undefined) throw usageFault('--readings-for takes how long, such as 10m');
  return {
    input: inputIn(textOption(options, 'input') ?? '{}'),
    workspace: resolve(textOption(options, 'workspace') ?? '.'),
    max_steps: countOption(options, 'maxSteps', MOST_STEPS),
    ...(task === undefined ? {} : { task }),
    ...(seconds === 0 ? {} : { deadline: String(Date.now() + seconds * 1000) }),
    ...(window === 0n ? {} : { reading_valid_ms: String(window) }),
    ...(flagOption(options, 'unconfined') ? { unconfined: true } : {}),
    ...(flagOption(options, 'leased') ? { leased: true } : {}),
    ...contractIn(textOption(options, 'contract')),
  };
}

function inputIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (fault) {
    throw usageFault(`--input is no JSON: ${messageOf(fault)}`);
  }
}

function contractIn(file: string | undefined): Pick<WorkerRunAsked, 'contract'> {
  if (file === undefined) return {};
  try {
    return { contract: JSON.parse(readFileSync(file, 'utf8')) };
  } catch (fault) {
    throw usageFault(`--contract ${file} cannot be read as JSON: ${messageOf(fault)}`);
  }
}

type Watching = Pick<Context, 'output'> & { readonly progress: WorkerProgress | undefined };

/** Told to a person at a terminal, or to whoever asks; as JSON where the result is. */
function progressIn(
  { output }: Context,
  api: WorkerRunApi,
  options: Options,
): WorkerProgress | undefined {
  const isTold = options['progress'] ?? (process.stderr.isTTY === true && !output.json);
  if (isTold !== true || flagOption(options, 'detach')) return undefined;
  const write = (text: string): void => void process.stderr.write(text);
  return new WorkerProgress({ api, isJson: output.json, write });
}

/** It goes on without us: a node that is not there for a moment is asked again. */
async function endOf(
  api: WorkerRunApi,
  opened: WorkerRunStatus,
  { output, progress }: Watching,
): Promise<WorkerRunStatus> {
  const told = new Set<string>();
  for (;;) {
    const status = await api.inspect(opened.envelope.run_id).catch((fault: unknown) => {
      if (!isUnreachable(fault)) throw fault;
      return opened;
    });
    await progress?.tell(status).catch((fault: unknown) => {
      if (!isUnreachable(fault)) throw fault;
    });
    if (status.completion !== undefined) return status;
    const { ahead } = status;
    if (ahead !== undefined && !told.has('turn')) output.note(queuedLine(ahead));
    if (ahead !== undefined) told.add('turn');
    for (const hash of status.waiting) {
      if (!told.has(hash)) output.note(`waits for a person: ${hash} (ioi inbox)`);
      told.add(hash);
    }
    await sleep(LOOK_MS);
  }
}

function exitOf({ envelope: { state } }: WorkerRunStatus): ExitName | undefined {
  return state === 'completed' ? undefined : 'tool';
}
