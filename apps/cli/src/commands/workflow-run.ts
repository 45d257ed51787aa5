import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowRunAsked, WorkflowRunStatus } from '@ioi/protocol';
import { tabbed, table } from '../core/columns.ts';
import { type ExitName, exitOfProblem } from '../core/exit-codes.ts';
import { visible } from '../core/visible.ts';
import {
  stepLine,
  WORKFLOW_RUN_COLUMNS,
  waitingLines,
  workflowRunLines,
  workflowRunRows,
} from '../core/workflow-run-view.ts';
import {
  type Command,
  type Context,
  countOption,
  flagOption,
  needNode,
  type Options,
  textOption,
} from '../shell/context.ts';
import { isUnreachable } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { objectArgument } from '../shell/json-argument.ts';
import { WorkflowApi } from '../shell/workflow-api.ts';

const LOOK_MS = 200;
const UNDER_WAY = ['open', 'cancelling'];

/** `ioi workflow run NAME`: from its start to its end, over restarts of the node. */
export const workflowRun: Command = async (context, [name = ''], options) => {
  const api = apiOf(context);
  const opened = await api.run(name, askedIn(options));
  const isDetached = flagOption(options, 'detach');
  const ended = isDetached ? opened : await endOf(api, opened, context);
  context.output.say(workflowRunLines(ended), ended);
  return isDetached ? undefined : exitOf(ended);
};

/** `ioi workflow runs [RUN]`: all of them, or one with what its steps left. */
export const workflowRuns: Command = async (context, [run]) => {
  const { output } = context;
  const api = apiOf(context);
  if (run !== undefined) {
    const status = await api.inspect(run);
    const { artifacts } = await api.artifacts(run);
    output.say(workflowRunLines(status), { ...status, artifacts });
    return undefined;
  }
  const page = await api.runs();
  const rows = workflowRunRows(page.runs);
  const lines = output.plain ? tabbed(rows) : table(WORKFLOW_RUN_COLUMNS, rows);
  output.say(rows.length === 0 ? ['no workflow was carried out here'] : lines, page);
  return undefined;
};

/** `ioi workflow cancel RUN` */
export const workflowCancel: Command = async (context, [run = '']) => {
  const status = await apiOf(context).cancel(run);
  context.output.say(workflowRunLines(status), status);
  return undefined;
};

function apiOf({ home }: Context): WorkflowApi {
  needNode(home);
  return new WorkflowApi(findSockets(home));
}

function askedIn(options: Options): WorkflowRunAsked {
  const parallel = countOption(options, 'parallel', 0);
  return {
    input: objectArgument('--input', textOption(options, 'input') ?? '{}'),
    workspace: resolve(textOption(options, 'workspace') ?? '.'),
    ...(parallel === 0 ? {} : { parallel }),
    ...(flagOption(options, 'unconfined') ? { unconfined: true } : {}),
  };
}

/** It goes on without us: a node that is not there for a moment is asked again. */
async function endOf(
  api: WorkflowApi,
  opened: WorkflowRunStatus,
  { output }: Context,
): Promise<WorkflowRunStatus> {
  const told = new Set<string>();
  for (;;) {
    const status = await api.inspect(opened.run.graph_run_id).catch((fault: unknown) => {
      if (!isUnreachable(fault)) throw fault;
      return opened;
    });
    for (const step of status.steps) {
      const lines = step.state === 'waiting' ? [] : [stepLine(step).trim(), ...waitingLines(step)];
      for (const line of lines) {
        if (!told.has(line)) output.note(visible(line));
        told.add(line);
      }
    }
    const isAsking = ['working', 'asking'].includes(status.merge?.state ?? '');
    if (!UNDER_WAY.includes(status.run.state) && !isAsking) return status;
    await sleep(LOOK_MS);
  }
}

/** What was done on a copy is not done while the folder does not have it. */
function exitOf({ run: { state }, merge }: WorkflowRunStatus): ExitName | undefined {
  if (state !== 'completed') return 'tool';
  if (merge?.state === 'refused') return exitOfProblem(merge.code ?? 'merge.refused');
  return merge?.state === 'pending' ? 'pending' : undefined;
}
