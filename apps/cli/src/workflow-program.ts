import type { Group } from './governance-program.ts';

/** `ioi workflow`: graphs of steps that the node keeps. */
export function addWorkflowCommands(group: Group): void {
  const add = group('workflow', 'graphs of steps: kept and checked, not run yet');
  const load = () => import('./commands/workflow.ts');
  add('list', 'those that the node keeps', async () => (await load()).workflowList);
  add('show <name>', 'one of them, as it was kept', async () => (await load()).workflowShow);
  add('check <file>', 'what is wrong with it and where, or its steps in order', async () => {
    return (await load()).workflowCheck;
  });
  add('save <file>', 'keep it under the name of its workflow_id', async () => {
    return (await load()).workflowSave;
  }).option('--replace', 'in place of the one of this name');
  add('remove <name>', 'keep it no longer', async () => (await load()).workflowRemove);
}
