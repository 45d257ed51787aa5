import type { Command as Program } from 'commander';
import { addClusterCommands, addReplicaCommands } from './cluster-program.ts';
import { addExecutorCommands } from './executor-program.ts';
import type { Add, Group } from './governance-program.ts';
import { PASSPHRASE_FILE } from './passphrase-option.ts';
import { addRelayCommands } from './relay-program.ts';

type Owned = (command: Program) => Program;

/** An organisation publishes what bounds many nodes; a node follows one. */
export function addOrgCommands(group: Group, owned: Owned, addTop: Add): void {
  addSignInCommands(addTop);
  const add = group('org', 'what an organisation publishes, and who bounds this node');
  const publishing = () => import('./organisation/publish.ts');
  add('init <folder>', 'a key and a folder to publish from, for an organisation', async () => {
    return (await publishing()).orgInit;
  })
    .requiredOption('--as <organisation>', 'its name, org://…')
    .option(PASSPHRASE_FILE, 'read the passphrase of its key from a file, or -');
  add('publish <folder>', 'sign what is in it, for nodes to fetch', async () => {
    return (await publishing()).orgPublish;
  })
    .requiredOption('--out <folder>', 'where nodes look: served by anything, or a repository')
    .option('--key <keyfile>', 'the key; organisation.key in the folder unless told')
    .option('--number <version>', 'its version; one more than what is published, unless told')
    .option('--bundle <file>', 'a bundle that is signed already, such as by M of N')
    .option(PASSPHRASE_FILE, 'read the passphrase of its key from a file, or -');
  add('offboard <folder> <subject>', 'take all roles from a person, and publish that', async () => {
    return (await import('./organisation/roles.ts')).orgOffboard;
  })
    .requiredOption('--out <folder>', 'where nodes look')
    .option('--key <keyfile>', 'the key; organisation.key in the folder unless told')
    .option(PASSPHRASE_FILE, 'read the passphrase of its key from a file, or -');
  addFollowing(add, owned);
  add('roles', 'which group is which role on this node, and who is signed in', async () => {
    return (await import('./organisation/roles.ts')).orgRoles;
  });
  add(
    'break-glass [address]',
    'act as owner for a while, where the organisation lets',
    async () => {
      return (await import('./organisation/sign-in.ts')).breakGlass;
    },
  )
    .requiredOption('--reason <text>', 'why; it stands in the log')
    .requiredOption('--key <keyfile>', 'your own, whose public half the organisation names')
    .option('--no-browser', 'print the address, and open nothing')
    .option(PASSPHRASE_FILE, 'read the passphrase of your key from a file, or -');
  addRelayCommands(group);
  addClusterCommands(group);
  addReplicaCommands(group);
  addExecutorCommands(group, owned);
}

/** Whoever signs in asks with the role that the organisation gives them. */
function addSignInCommands(add: Add): void {
  const load = () => import('./organisation/sign-in.ts');
  add('login [address]', "sign in at the organisation's provider", async () => {
    return (await load()).login;
  }).option('--no-browser', 'print the address, and open nothing');
  add('logout', 'be signed in no longer', async () => (await load()).logout);
  add('whoami', 'who you are to the node, and with which role', async () => (await load()).whoami);
}

function addFollowing(add: ReturnType<Group>, owned: Owned): void {
  const load = () => import('./organisation/follow.ts');
  owned(
    add(
      'enroll <source>',
      'have an organisation bound this node, from where it publishes',
      async () => {
        return (await load()).orgEnroll;
      },
    ),
  )
    .requiredOption('--key <fingerprint>', 'of its key, known from elsewhere')
    .option('--every <time>', 'how often the node looks for a newer bundle', '5m')
    .option('--dry-run', 'show what would change, and change nothing');
  add('status', 'who bounds this node, and how looking for newer bundles went', async () => {
    return (await load()).orgStatus;
  });
  add('refresh', 'look for a newer bundle now', async () => (await load()).orgRefresh);
  owned(
    add('leave', 'no longer be bounded; takes an approval', async () => (await load()).orgLeave),
  );
}
