import type { Group } from './governance-program.ts';

/** `ioi workflow`: graphs of steps that the node keeps. */
export function addWorkflowCommands(group: Group): void {
  const add = group('workflow', 'graphs of steps: kept, checked and carried out');
  const load = () => import('./commands/workflow.ts');
  add('list', 'those that the node keeps', async () => (await load()).workflowList);
  add('show <name>', 'one of them, as it was kept', async () => (await load()).workflowShow);
  add('check <file>', 'what is wrong with it and where, or its steps in order', async () => {
    return (await load()).workflowCheck;
  });
  add('save <file>', 'keep it under the name of its workflow_id', async () => {
    return (await load()).workflowSave;
  }).option('--replace', 'in place of the one of this name');
  const loadRuns = () => import('./commands/workflow-run.ts');
  add('run <name>', 'carry it out, by installed workers', async () => {
    return (await loadRuns()).workflowRun;
  })
    .option('--input <json>', 'an object with its inputs, or @file')
    .option('--workspace <folder>', 'the folder that its steps work in; this one unless told')
    .option('--parallel <count>', 'steps under way at once; 4 unless told')
    .option('--unconfined', 'without a sandbox: nothing but their good will holds its workers')
    .option('--detach', 'do not wait for its end');
  add('runs [run]', 'runs of workflows, or one, step by step', async () => {
    return (await loadRuns()).workflowRuns;
  });
  add('cancel <run>', 'begin nothing more of it, and end what is under way', async () => {
    return (await loadRuns()).workflowCancel;
  });
  add('remove <name>', 'keep it no longer', async () => (await load()).workflowRemove);
}
