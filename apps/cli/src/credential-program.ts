import type { Command as Program } from 'commander';
import type { Add, Group } from './governance-program.ts';

type Owned = (command: Program) => Program;

/** What a person does about the credentials of servers elsewhere; below `ioi mcp`. */
export function addCredentialCommands(add: Add, group: Group, owned: Owned): void {
  const load = () => import('./commands/credentials.ts');
  owned(add('login <server>', 'get a grant from a server', async () => (await load()).mcpLogin))
    .option('--paste', 'ask for the address you were sent back to, where no browser is here')
    .option('--client-id <id>', 'of a client you registered there yourself')
    .option('--client-secret-stdin', 'and its secret, on standard input')
    .option('--client-metadata-url <url>', 'where a metadata document of yours stands');
  owned(add('logout <server>', 'forget the grant', async () => (await load()).mcpForget));
  addSecretCommands(group('secret', 'tokens and keys that servers are sent'), owned);
}

function addSecretCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/credentials.ts');
  owned(
    add('set <server>', 'put or replace it; asked for, or read from standard input', async () => {
      return (await load()).mcpSecretSet;
    }),
  )
    .option('--bearer-stdin', 'a token for Authorization: Bearer, on standard input')
    .option('--header <name>', 'a value for this header instead');
  add('list', 'which there are, and where each may go', async () => (await load()).mcpSecretList);
  owned(add('remove <server>', 'forget it', async () => (await load()).mcpForget));
}
