import { gathered } from './gathered.ts';
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
  add(
    'dismiss <name>',
    'let a node take over no more, or a replica bring nothing more',
    async () => {
      return (await commands()).clusterDismiss;
    },
  ).option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('join <invitation>', 'stand by; then ioi up', async () => (await commands()).clusterJoin);
  add(
    'listen <address>',
    'where replicas bring operations to this node, as host:port',
    async () => {
      return (await commands()).clusterListen;
    },
  ).option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('enrol <request>', 'let a replica bring operations to who writes', async () => {
    return (await commands()).clusterEnrol;
  })
    .option('--replace', 'where the name has another key, put this one in its place')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('status', 'who writes, and who may', async () => (await commands()).clusterStatus);
  add('step-down', 'let another write', async () => (await commands()).clusterStepDown);
}

/** `ioi replica`: reads of a cluster's node, without its guardian and its secrets. */
export function addReplicaCommands(group: Group): void {
  const add = group('replica', 'a machine that answers reads of a node, and holds no secret of it');
  const commands = () => import('./commands/replica.ts');
  add('init', 'make this a replica, with a key of its own', async () => {
    return (await commands()).replicaInit;
  })
    .requiredOption('--name <name>', 'what it is called')
    .requiredOption('--node <id>', 'whose logs it follows: node://…, as ioi cluster status says')
    .requiredOption('--store <url>', 'the database, by a role that can only read')
    .option('--schema <name>', 'where the tables are; ioi unless told')
    .option('--witness <key>', 'serve what this witness cosigned; repeatable', gathered, [])
    .option('--stale-after <seconds>', 'serve nothing that may be older; 30 unless told')
    .requiredOption('--out <file>', 'the request for ioi cluster enrol; no secret');
  add('serve', 'answer reads, until Ctrl-C', async () => (await commands()).replicaServe).option(
    '--listen <address>',
    'for others too, as host:port, over TLS: sessions read, signed operations are brought',
  );
}
