import type { WorkflowCheck, WorkflowFault, WorkflowListed } from '@ioi/protocol';
import type { Column } from './columns.ts';
import { visible } from './visible.ts';

export const WORKFLOW_COLUMNS: readonly Column[] = [
  { title: 'NAME', most: 64 },
  { title: 'VERSION', most: 16 },
  { title: 'STEPS', most: 5 },
  { title: 'STATE', most: 12 },
  { title: 'TITLE', most: 60 },
];

export function workflowRows(workflows: readonly WorkflowListed[]): string[][] {
  return workflows.map(({ name, version, steps, faults, title }) => {
    const state = faults === 0 ? 'ok' : `${faults} faults`;
    return [name, version, String(steps), state, title];
  });
}

/** As compilers write it, so that editors find the place. */
export function faultLines(path: string, faults: readonly WorkflowFault[]): string[] {
  return faults.map(({ line, column, message, code }) =>
    visible(`${path}:${line}:${column}: ${message} [${code}]`),
  );
}

/** What it is, and its steps in the order in which they can be done. */
export function checkLines(checked: WorkflowCheck) {
  const { workflow, graph_id: id, layers, unresolved, blocked } = checked;
  if (workflow === undefined) return [];
  const kinds = new Map(workflow.steps.map(({ step_id, kind }) => [step_id, kind]));
  const steps = (layers ?? []).map((names, at) => {
    const told = names.map((name) => `${name} (${kinds.get(name)})`);
    return `  ${at + 1}. ${told.join(', ')}`;
  });
  const { title, version, steps: all } = workflow;
  return [
    visible(`${title}, version ${version}, ${all.length} steps, ${id}`),
    ...steps.map(visible),
    ...unresolved.map((name) => visible(`  ${name}: not installed here`)),
    ...blocked.map(({ message }) => visible(`  not carried out yet: ${message}`)),
  ];
}
