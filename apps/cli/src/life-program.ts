import { Option } from 'commander';
import { gathered } from './gathered.ts';
import type { Add } from './governance-program.ts';
import { SHARE_ABOUT, SHARE_FILE } from './identity-program.ts';
import { PASSPHRASE_ABOUT, PASSPHRASE_FILE } from './passphrase-option.ts';

/** A node's life: tried, made, run, looked at. */
export function addLifeCommands(add: Add): void {
  add('demo', 'watch an agent meet the boundary, on a node of its own', async () => {
    return (await import('./commands/demo.ts')).demo;
  })
    .option('--once', 'end by itself')
    .option('--yes', 'approve without asking; this is a demo node')
    .option('--keep <folder>', 'keep the node in this new or empty folder')
    .option('--agent <agent>', 'end with this agent of yours, or the one at a path');
  add('init', 'make a node, with keys of its own', async () => {
    return (await import('./commands/init.ts')).init;
  })
    .option('--workspace <folder>', 'mount a folder, with a policy to start from')
    .option('--demo', 'mark it as a demo: its receipts say so, and nobody is asked')
    .option('--from-phrase', 'keys of a recovery phrase you have; it is asked for')
    .option('--phrase-file <file>', 'the same, from a private file, or - for standard input')
    .option(SHARE_FILE, SHARE_ABOUT, gathered)
    .option('--phrase-out <file>', 'write the new phrase to this new private file')
    .option('--keep-phrase', 'keep it here too, sealed under the passphrase')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('up', 'run the node', async () => (await import('./commands/up.ts')).up)
    .option('--detach', 'in the background; return when it answers')
    // How a node with accounts of its own starts its supervisor; nobody types it.
    .addOption(new Option('--attending').hideHelp());
  add('down', 'stop the node', async () => (await import('./commands/down.ts')).down).option(
    '--timeout <seconds>',
    'how long to wait for its end',
  );
  add('status', 'what runs, and what waits', async () => {
    return (await import('./commands/status.ts')).status;
  });
  add('api', 'what can be asked over HTTP on the local socket', async () => {
    return (await import('./commands/api.ts')).api;
  });
  add('metrics', 'how the node is, for Prometheus', async () => {
    return (await import('./commands/metrics.ts')).metrics;
  }).option('--textfile <file>', 'replace this .prom file, for node_exporter');
  add('workbench', 'what happens on the node, in a browser', async () => {
    return (await import('./commands/workbench.ts')).workbench;
  })
    .option('--no-browser', 'print the address and open nothing')
    .option('--close', 'let no browser in any more, until the next link');
}
