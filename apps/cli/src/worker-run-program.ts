import type { Add } from './governance-program.ts';

/** `ioi worker run` and what belongs to it: tasks whose every effect is a step of the node. */
export function addWorkerRunCommands(add: Add): void {
  const load = () => import('./commands/worker-run.ts');
  add(
    'run <worker>',
    'have one do a task, by path or as installed, and wait for its end',
    async () => {
      return (await load()).workerRun;
    },
  )
    .option('--task <name>', 'which of its tasks; its only one unless told')
    .option('--input <json>', 'as the input schema of the task says; {} unless told')
    .option('--workspace <folder>', 'that its files are in; this folder unless told')
    .option('--deadline <seconds>', 'after which it has failed')
    .option('--max-steps <count>', 'that it may ask for; 1024 unless told')
    .option('--readings-for <time>', 'how long it may go on by what it read, such as 10m')
    .option('--unconfined', 'without a sandbox: nothing but its good will holds the worker')
    .option('--contract <file>', 'an IntentContractSchema that its end is judged by')
    .option('--leased', 'by a machine that is admitted for it: ioi executor')
    .option(
      '--progress',
      'tell steps and what models say, as on a terminal; lines of JSON with --json',
    )
    .option('--no-progress', 'tell nothing but its end')
    .option('--detach', 'do not wait for its end');
  add('dev <folder>', 'run a task of it again whenever a file of it changes', async () => {
    return (await import('./commands/worker/dev.ts')).workerDev;
  })
    .option('--task <name>', 'which of its tasks; its only one unless told')
    .option('--input <json>', 'as the input schema of the task says; {} unless told')
    .option('--workspace <folder>', 'that its files are in; this folder unless told')
    .option('--deadline <seconds>', 'after which it has failed')
    .option('--max-steps <count>', 'that it may ask for; 1024 unless told')
    .option('--unconfined', 'without a sandbox: nothing but its good will holds the worker')
    .option('--once', 'one round, and no waiting for changes')
    .option('--out <file>', 'where to write the policy that it would need');
  add('serve <worker>', 'have others use an installed one: as an agent, or as tools', async () => {
    return (await import('./commands/worker/serve.ts')).workerServe;
  })
    .option('--a2a', 'as an agent of A2A, over HTTP at an address of this machine')
    .option('--mcp', 'as an MCP server on standard streams: its tasks are the tools')
    .option('--task <name>', 'this one alone; all of its tasks unless told')
    .option('--workspace <folder>', 'that its files are in; this folder unless told')
    .option('--port <port>', 'of --a2a; 4123 unless told, 0 for any')
    .option('--url <url>', 'of --a2a: where clients reach it, where something stands before it')
    .option('--max-steps <count>', 'that a run may ask for; 1024 unless told')
    .option('--unconfined', 'without a sandbox: nothing but its good will holds the worker');
  add('runs', 'runs of workers, the newest first', async () => (await load()).workerRuns);
  add('show <run>', 'a run, step by step, and what binds it', async () => {
    return (await load()).workerShow;
  });
  add('score <run>', 'how a run did, and how it stands to its contract', async () => {
    return (await load()).workerScore;
  });
  for (const word of ['pause', 'resume', 'cancel'] as const) {
    add(`${word} <run>`, `${word} a run of a worker`, async () => (await load()).wordFor(word));
  }
}
