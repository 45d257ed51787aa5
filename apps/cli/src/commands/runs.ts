import type { RunFiles, UndoneFolder } from '@ioi/protocol';
import { tabbed, table } from '../core/columns.ts';
import { changeText, countsText, RUN_COLUMNS, runRows, undoLines } from '../core/files-view.ts';
import { shortId } from '../core/match-id.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, flagOption, needNode } from '../shell/context.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { askYes } from '../shell/prompt.ts';
import { timeText } from '../shell/time.ts';
import { askWorkspace } from '../shell/workspace.ts';

/** `ioi runs`: what programs in a sandbox did to files. */
export const runsList: Command = async ({ home, output }) => {
  needNode(home);
  const { runs } = await askWorkspace(home, { kind: 'list' }, 'runs');
  const rows = runRows(runs, timeOf);
  const lines = output.plain ? tabbed(rows) : table(RUN_COLUMNS, rows);
  output.say(rows.length === 0 ? ['no runs are kept'] : lines, { runs });
  return undefined;
};

/** `ioi runs show RUN [--diff]` */
export const runsShow: Command = async ({ home, output }, [run = ''], options) => {
  needNode(home);
  const job = { kind: 'show', run, diff: flagOption(options, 'diff') } as const;
  const shown = await askWorkspace(home, job, 'run');
  const diff = shown.diff?.map(visible);
  output.say(diff ?? runLinesOf(shown.run), { run: shown.run, ...(diff && { diff: shown.diff }) });
  return undefined;
};

export function runLinesOf(run: RunFiles): string[] {
  const { run_id, command, state, began, ended, recorded, folders } = run;
  return [
    `${run_id}  ${state}`,
    `  ${visible(command.join(' '))}`,
    `  ${timeOf(began)}${ended === undefined ? '' : ` to ${timeOf(ended)}`}`,
    ...(recorded === undefined ? [] : [`  in the log: entry ${recorded.seq}`]),
    ...folders.flatMap(({ root, changes }) => [
      `  ${visible(root)}: ${changes === undefined ? 'changes not known' : countsText(changes)}`,
      ...(changes ?? []).map((each) => `    ${each.later ? '! ' : '  '}${changeText(each)}`),
    ]),
  ];
}

/** `ioi undo [RUN]`: shows what it would put back, asks, and does it. */
export const undo: Command = (context, [run], options) =>
  putBack(context, { run, last: 'run' }, options);

/** `ioi redo [UNDO]`: takes an undo back. */
export const redo: Command = (context, [run], options) =>
  putBack(context, { run, last: 'undo' }, options);

type Wanted = { readonly run: string | undefined; readonly last: 'run' | 'undo' };

async function putBack(
  context: Context,
  wanted: Wanted,
  options: Parameters<Command>[2],
): ReturnType<Command> {
  const { home, output } = context;
  needNode(home);
  const about = { ...wanted, folder: process.cwd(), force: flagOption(options, 'force') };
  const plan = await askWorkspace(home, { kind: 'plan', ...about }, 'undone');
  const { run_id, kind } = plan.run;
  const isIdle = plan.folders.every(({ done }) => done.length === 0);
  if (flagOption(options, 'dryRun') || isIdle) {
    output.say(undoLines(plan.folders, false), plan);
    return isIdle ? exitOf(plan.folders) : undefined;
  }
  if (!flagOption(options, 'yes')) {
    for (const line of undoLines(plan.folders, false)) output.note(line);
    await confirm(context, `undo ${kind} ${shortId(run_id)}?`);
  }
  const job = { kind: 'undo', ...about, run: run_id } as const;
  const done = await askWorkspace(home, job, 'undone');
  const id = done.undo_id;
  const next = id === undefined ? [] : [`ioi redo ${shortId(id)} takes this back`];
  output.say([...undoLines(done.folders, true), ...next], done);
  return exitOf(done.folders);
}

/** What stays although it was asked for is no success. */
function exitOf(folders: readonly UndoneFolder[]): Awaited<ReturnType<Command>> {
  const isWhole = folders.every(
    ({ conflicts, failed }) => conflicts.length === 0 && failed.length === 0,
  );
  return isWhole ? undefined : 'blocked';
}

export async function confirm({ output }: Context, question: string): Promise<void> {
  if (!output.canAsk) {
    throw usageFault('there is no terminal to ask at', 'the same command with --yes');
  }
  if (await askYes(question)) return;
  const message = 'cancelled; nothing was changed';
  throw new CommandFault({ exit: 'authority', code: 'prompt.cancelled', message });
}

function timeOf(iso: string): string {
  return timeText(String(Date.parse(iso)));
}
