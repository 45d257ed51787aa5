import type { Group } from './governance-program.ts';
import { PASSPHRASE_ABOUT, PASSPHRASE_FILE } from './passphrase-option.ts';

const MEMBER = '--member <name>';

/** `ioi cluster`: nodes that stand in for each other over one database. */
export function addClusterCommands(group: Group): void {
  const add = group('cluster', 'nodes that share a database: one writes, others stand by');
  const commands = () => import('./commands/cluster.ts');
  add('init', 'make this node the first of several', async () => (await commands()).clusterInit)
    .requiredOption(MEMBER, 'what it is called among them')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('request', 'a key for a node that is to stand by, on its machine', async () => {
    return (await commands()).clusterRequest;
  })
    .requiredOption(MEMBER, 'what it is to be called')
    .requiredOption('--out <file>', 'for the node that admits it; no secret');
  add('admit <request>', 'let another node take over when this one is gone', async () => {
    return (await commands()).clusterAdmit;
  })
    .requiredOption('--out <file>', 'for the node that asked')
    .option('--replace', 'where the name has another key, put this one in its place')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('dismiss <member>', 'let a node take over no more', async () => {
    return (await commands()).clusterDismiss;
  }).option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('join <invitation>', 'stand by; then ioi up', async () => (await commands()).clusterJoin);
  add('status', 'who writes, and who may', async () => (await commands()).clusterStatus);
  add('step-down', 'let another write', async () => (await commands()).clusterStepDown);
}
