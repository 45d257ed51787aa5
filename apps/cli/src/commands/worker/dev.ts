import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { learnFromSession } from '@ioi/law';
import type { WorkerRunAsked, WorkerRunStatus } from '@ioi/protocol';
import type { ExitName } from '../../core/exit-codes.ts';
import { learnView } from '../../core/learn-view.ts';
import { visible } from '../../core/visible.ts';
import { workerRunLines, workerStepLines } from '../../core/worker-run-view.ts';
import { activeOrNone } from '../../shell/active-rules.ts';
import {
  type Command,
  type Context,
  flagOption,
  needNode,
  textOption,
} from '../../shell/context.ts';
import { CommandFault, usageFault } from '../../shell/fault.ts';
import { FolderWatch } from '../../shell/folder-watch.ts';
import { findSockets } from '../../shell/home.ts';
import { saveNew } from '../../shell/save-new.ts';
import { wholeLog } from '../../shell/whole-log.ts';
import { WorkerRunApi } from '../../shell/worker-run-api.ts';
import { askedIn } from '../worker-run.ts';

const LOOK_MS = 150;

/** `ioi worker dev FOLDER`: a task of it, again whenever a file of it changes, until Ctrl-C. */
export const workerDev: Command = async (context, [given = ''], options) => {
  needNode(context.home);
  const folder = resolve(given);
  const asked = { path: folder, ...askedIn(options) };
  const watching = new FolderWatch(folder);
  const isOnce = flagOption(options, 'once');
  const out = textOption(options, 'out');
  if (out !== undefined && !isOnce) throw usageFault('--out goes with --once');
  const stop = (): void => watching.close();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    for (;;) {
      const { exit, policy } = await round(context, asked, watching);
      if (isOnce && out !== undefined && policy !== undefined) saveNew(out, policy);
      if (isOnce) return exit;
      context.output.note(`watching ${visible(folder)}; Ctrl-C ends it`);
      if (!(await watching.changed())) return undefined;
    }
  } finally {
    watching.close();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
};

type Round = { readonly exit: ExitName | undefined; readonly policy?: string };

/** One run to its end, or until its files are others: then it is cancelled. */
async function round(
  context: Context,
  asked: WorkerRunAsked,
  watching: FolderWatch,
): Promise<Round> {
  const { output } = context;
  const api = new WorkerRunApi(findSockets(context.home));
  const opened = await api.run(asked).catch((fault: unknown) => {
    // A program that does not start is what it is for: it is mended, and started again.
    if (!(fault instanceof CommandFault) || fault.about.exit === 'unreachable') throw fault;
    return fault;
  });
  if (opened instanceof CommandFault) {
    const { code, message } = opened.about;
    output.say([visible(`not started: ${code}`), ...lines(message)], { code, detail: message });
    return { exit: 'tool' };
  }
  const status = await endOf(context, api, { opened, watching });
  const { steps } = await api.trace(status.envelope.run_id);
  const learnt = await learntOf(context, status);
  const told = [...workerRunLines(status), ...workerStepLines(steps)];
  const policy = learnt === undefined ? {} : { policy: learnt.text };
  output.say([...told.map(visible), ...(learnt?.lines ?? [])], {
    ...status,
    trace: steps,
    ...policy,
  });
  return { exit: status.envelope.state === 'completed' ? undefined : 'tool', ...policy };
}

function lines(message: string): string[] {
  return message.split('\n').map((line) => visible(`  ${line}`));
}

type Following = { readonly opened: WorkerRunStatus; readonly watching: FolderWatch };

async function endOf(
  { output }: Context,
  api: WorkerRunApi,
  { opened, watching }: Following,
): Promise<WorkerRunStatus> {
  const { run_id: run } = opened.envelope;
  const told = new Set<string>();
  for (;;) {
    const status = await api.inspect(run);
    if (status.completion !== undefined) return status;
    if (watching.hasChanged || watching.isClosed) return api.say(run, 'cancel');
    for (const hash of status.waiting.filter((each) => !told.has(each))) {
      output.note(`waits for a person: ${hash} (ioi inbox), or for a change of its files`);
      told.add(hash);
    }
    await sleep(LOOK_MS);
  }
}

/** What would let it go on: nothing where the policy in force let all of it pass. */
async function learntOf(
  context: Context,
  { session_id }: WorkerRunStatus,
): Promise<{ readonly text: string; readonly lines: readonly string[] } | undefined> {
  const active = await activeOrNone(context);
  const learnt = learnFromSession(await wholeLog(context), active, session_id);
  const isAsked = learnt?.rules.some(({ rule }) => rule.action !== 'ALLOW') === true;
  if (learnt === undefined || !isAsked) return undefined;
  const view = learnView(learnt, undefined, context.output.paint);
  const head = 'the least policy under which it would have gone on; --once --out FILE writes it:';
  return { text: learnt.text, lines: [head, ...view] };
}
