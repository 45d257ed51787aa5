import type { Group } from './governance-program.ts';

const FOLDER = '--data <folder>';
const FOLDER_ABOUT = 'where the relay keeps who has which name';

/** `ioi relay`: approvers elsewhere reach nodes that nobody can connect to. */
export function addRelayCommands(group: Group): void {
  const add = group('relay', 'carries approvers to nodes, unread; of your own, on any machine');
  const serving = () => import('./relay/serve.ts');
  add('serve', 'join approvers to nodes, until Ctrl-C', async () => (await serving()).relayServe)
    .requiredOption(FOLDER, FOLDER_ABOUT)
    .requiredOption('--listen <address>', 'where to, such as 0.0.0.0:8443; nothing is assumed')
    .option('--address <address>', 'as nodes were told to reach it; where it listens unless told');
  add(
    'add <name> <key>',
    'let a node have a name',
    async () => (await serving()).relayAdd,
  ).requiredOption(FOLDER, FOLDER_ABOUT);
  add('list', 'which node has which name', async () => (await serving()).relayList).requiredOption(
    FOLDER,
    FOLDER_ABOUT,
  );
  add(
    'remove <name>',
    "the name is no node's",
    async () => (await serving()).relayRemove,
  ).requiredOption(FOLDER, FOLDER_ABOUT);
  const joining = () => import('./relay/join.ts');
  add('join <relay>', 'have approvers reach this node at a relay', async () => {
    return (await joining()).relayJoin;
  }).requiredOption('--name <host>', 'by which they come there, and which the certificate is for');
  add('status', 'whether approvers get through there', async () => (await joining()).relayStatus);
  add('leave', 'connect there no longer', async () => (await joining()).relayLeave);
}
