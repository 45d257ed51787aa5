import type { Add } from './governance-program.ts';

/** `ioi worker`: what does tasks for somebody, as files and as packages. */
export function addWorkerCommands(add: Add): void {
  add('init <folder>', 'a worker that runs, with its SDK beside it', async () => {
    return (await import('./commands/worker/init.ts')).workerInit;
  })
    .option('--language <language>', 'python, typescript, guest or wasm; python unless told')
    .option('--template <name>', 'count, invoices or research; count unless told');
  add('test <folder>', 'its cases, each a run at the node: worker.tests.json', async () => {
    return (await import('./commands/worker/test.ts')).workerTest;
  })
    .option(
      '--workspace <folder>',
      'where the files of cases lie meanwhile; this folder unless told',
    )
    .option('--unconfined', 'without a sandbox: nothing but its good will holds the worker');
  add('pack <folder>', 'its files and signed manifest, as one archive', async () => {
    return (await import('./commands/worker/pack.ts')).workerPack;
  })
    .requiredOption('--key <keyfile>', 'whose worker it is: ioi domain key new FILE')
    .requiredOption('--out <file>', 'where to write it')
    .option('--passphrase-file <file>', 'read the passphrase from a file, or -');
  const load = () => import('./commands/worker/inspect.ts');
  add('inspect <package>', 'what it is and asks for; nothing of it runs', async () => {
    return (await load()).workerInspect;
  }).option('--envelope', 'the ManifestEnvelope that its name resolves to');
  addInstallCommands(add);
  add('unpack <package> <folder>', 'its files, into a new folder', async () => {
    return (await load()).workerUnpack;
  });
}

function addInstallCommands(add: Add): void {
  const load = () => import('./commands/worker/install.ts');
  add('install <package>', 'have the node run it: shown first, signed by you', async () => {
    return (await load()).workerInstall;
  })
    .option('--digest <digest>', 'of the package that was looked at: another one is refused')
    .option('--profile <profile>', 'per_invocation, which it is unless told')
    .option('--downgrade', 'an older version is meant')
    .option('--passphrase-file <file>', 'read the passphrase from a file, or -')
    .option('--yes', 'on a demo node: do not ask');
  add('list', 'workers that are installed', async () => (await load()).workerList).option(
    '--removed',
    'those that were removed too',
  );
  add('remove <worker>', 'have it no longer; its receipts stay', async () => {
    return (await load()).workerRemove;
  })
    .option('--passphrase-file <file>', 'read the passphrase from a file, or -')
    .option('--yes', 'on a demo node: do not ask');
}
