import { readFileSync } from 'node:fs';
import { tabbed, table } from '../core/columns.ts';
import { checkLines, faultLines, WORKFLOW_COLUMNS, workflowRows } from '../core/workflow-view.ts';
import { type Command, type Context, flagOption, needNode } from '../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';
import { findSockets } from '../shell/home.ts';
import { WorkflowApi } from '../shell/workflow-api.ts';

/** `ioi workflow list`: those that the node keeps. */
export const workflowList: Command = async (context) => {
  const { output } = context;
  const page = await apiOf(context).list();
  const rows = workflowRows(page.workflows);
  const lines = output.plain ? tabbed(rows) : table(WORKFLOW_COLUMNS, rows);
  output.say(rows.length === 0 ? ['no workflow is kept here'] : lines, page);
  return undefined;
};

/** `ioi workflow show NAME`: as it was kept. */
export const workflowShow: Command = async (context, [name = '']) => {
  const { text } = await apiOf(context).read(name);
  context.output.say(text.trimEnd().split('\n'), JSON.parse(text));
  return undefined;
};

/** `ioi workflow check FILE`: what is wrong with it and where, or its steps in order. */
export const workflowCheck: Command = async (context, [path = '']) => {
  const { output } = context;
  const checked = await apiOf(context).check(textIn(path));
  const { faults } = checked;
  output.say(faults.length === 0 ? checkLines(checked) : faultLines(path, faults), checked);
  return faults.length === 0 ? undefined : 'usage';
};

/** `ioi workflow save FILE`: kept under the name of its `workflow_id`. */
export const workflowSave: Command = async (context, [path = ''], options) => {
  const api = apiOf(context);
  const text = textIn(path);
  const { workflow, faults } = await api.check(text);
  if (workflow === undefined) throw faulty(path, faultLines(path, faults));
  const name = workflow.workflow_id.slice('workflow://'.length);
  const isReplacing = flagOption(options, 'replace');
  const etag = isReplacing ? (await api.read(name)).etag : undefined;
  const saved = await api.save(name, text, etag).catch((fault: unknown) => {
    throw isThere(fault) && !isReplacing ? thereAlready(name) : fault;
  });
  context.output.say([`kept: ${saved.name}, ${saved.graph_id}`], saved);
  return undefined;
};

/** `ioi workflow remove NAME` */
export const workflowRemove: Command = async (context, [name = '']) => {
  const removed = await apiOf(context).remove(name);
  context.output.say([`removed: ${name}`], removed);
  return undefined;
};

function apiOf({ home }: Context): WorkflowApi {
  needNode(home);
  return new WorkflowApi(findSockets(home));
}

function textIn(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (fault) {
    throw usageFault(`the workflow cannot be read: ${messageOf(fault)}`);
  }
}

function faulty(path: string, lines: readonly string[]): CommandFault {
  const message = `${path} has ${lines.length} faults, and is not kept`;
  const next = `ioi workflow check ${path}`;
  return new CommandFault({ exit: 'usage', code: 'workflow.faulty', message, next, lines });
}

function isThere(fault: unknown): boolean {
  return fault instanceof CommandFault && fault.about.code === 'precondition.failed';
}

function thereAlready(name: string): CommandFault {
  return usageFault(`a workflow \`${name}\` is kept already; --replace puts this in its place`);
}
