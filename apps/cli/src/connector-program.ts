import type { Add, Group } from './governance-program.ts';

/** APIs that agents use by tools, with secrets that none of them sees. */
export function addConnectorCommands(group: Group): void {
  const add = group('connector', 'APIs as tools, with secrets that no agent sees');
  const load = () => import('./commands/connector.ts');
  add(
    'add <file>',
    'offer an API: its manifest or OpenAPI document, as FILE or URL; or ssh://USER@HOST',
    async () => {
      return (await load()).connectorAdd;
    },
  )
    .requiredOption('--secret <name>', 'the secret it is used with; only its name')
    .option('--server <url>', 'where the API is, unless the document says so')
    .option('--name <name>', 'what the node calls it')
    .option('--auth <kind>', 'bearer, header, basic, oauth2, sigv4, webhook; of a document alone')
    .option('--known-hosts <file>', 'of ssh: where the keys of the host are, ~/.ssh/known_hosts')
    .option('--namespace <name...>', 'of ssh: what messages are signed for; else anything');
  add('list', 'the connectors of this node', async () => (await load()).connectorList);
  add('show <name>', 'what a connector offers, and what it leaves out', async () => {
    return (await load()).connectorShow;
  });
  add('test <name>', 'whether everything is there to use it; nothing is sent', async () => {
    return (await load()).connectorTest;
  });
  add('remove <name>', 'offer it no more', async () => (await load()).connectorRemove);
}

/** `ioi ssh-agent` */
export function addSshAgentCommand(add: Add): void {
  add(
    'ssh-agent [command...]',
    'SSH with keys of the vault: eval, or -- COMMAND ARG…',
    async () => {
      return (await import('./commands/ssh-agent.ts')).sshAgent;
    },
  )
    .option('-D, --foreground', 'stay, instead of going into the background')
    .option('-k, --kill', 'end the one that SSH_AGENT_PID names');
}
