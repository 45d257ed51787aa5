import type { Command as Program } from 'commander';
import { gathered } from './gathered.ts';
import type { Add } from './governance-program.ts';

type Owned = (command: Program) => Program;
type Below = (parent: Program) => Add;

const ACTS_AS = '--acts-as <agent>';
const ACTS_AS_ABOUT = "an agent whose requests are this person's own; repeatable";

/** Who approves at which level; below `ioi wallet`. */
export function addLevelCommands(add: Add, owned: Owned, below: Below): void {
  const load = () => import('./commands/wallet/level.ts');
  const level = add('level', 'what each level may approve, and who is enrolled', async () => {
    return (await load()).levelList;
  });
  const addLevel = below(level);
  owned(
    addLevel('add-oidc <name>', 'who signs in at a provider approves low risk', async () => {
      return (await load()).levelAddOidc;
    }),
  )
    .requiredOption('--issuer <url>', 'the provider, https://…')
    .requiredOption('--client-id <id>', 'of this node there: a client with PKCE')
    .option('--client-secret', 'it has a secret, which is asked for and goes to the vault')
    .option('--client-secret-file <file>', 'read it from there, or - for standard input')
    .requiredOption('--subject <sub>', 'who it is there: the claim `sub`')
    .option('--no-fresh-login', 'where the provider does not say when it asked the person')
    .option(ACTS_AS, ACTS_AS_ABOUT, gathered, []);
  owned(
    addLevel('renew <name>', 'pin the keys that the provider has now', async () => {
      return (await load()).levelRenew;
    }),
  );
  addLevel('sign-in <name>', 'open the page on which to sign in', async () => {
    return (await load()).levelSignIn;
  }).option('--no-browser', 'print the address and open nothing');
  owned(
    addLevel('add-group <name> <group>', 'a group approves together', async () => {
      return (await load()).levelAddGroup;
    }),
  ).option(ACTS_AS, ACTS_AS_ABOUT, gathered, []);
  owned(addLevel('remove <name>', 'it approves no more', async () => (await load()).levelRemove));
}
