import type { Command as Program } from 'commander';
import { gathered } from './gathered.ts';
import type { Add, Group } from './governance-program.ts';

type Owned = (command: Program) => Program;

/** What a person does about secrets, and about what opens the vault they lie in. */
export function addVaultCommands(add: Add, group: Group, owned: Owned): void {
  const load = () => import('./commands/wallet/vault.ts');
  owned(add('unlock', 'open the vault', async () => (await load()).walletUnlock))
    .option('--for <time>', 'how long, such as 8h or 90m; until the node stops unless told')
    .option('--page', 'with a passkey, on the page of the guardian');
  add('lock', 'close the vault; nothing that needs a secret is sent', async () => {
    return (await load()).walletLock;
  });
  owned(
    add('unattended <mode>', 'what opens it without you: off, file, systemd, keyring', async () => {
      return (await import('./commands/wallet/unattended.ts')).walletUnattended;
    }),
  );
  addSlotCommands(group('vault', 'what opens the vault, and what theft of it reveals'), owned);
  addSecretCommands(group('secret', 'what connectors and servers are sent'), owned);
  addEvmCommands(group('evm', "accounts of the owner's phrase, as keys of the vault"), owned);
}

function addEvmCommands(add: Add, owned: Owned): void {
  owned(
    add('derive <name>', 'put the key of an account; it is typed and shown nowhere', async () => {
      return (await import('./commands/wallet/evm.ts')).evmDerive;
    }),
  )
    .option('--server <name>', 'the connector of node.json it is for')
    .option('--chain <number>', 'the chain it signs for; 1 unless told')
    .option('--index <number>', "which account, the last step of m/44'/60'/0'/0/n; 0 unless told")
    .option('--type-phrase', 'ask for the recovery phrase, where it is not kept here')
    .option('--phrase-file <file>', 'read it from a private file, or - for standard input');
}

function addSlotCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/wallet/vault.ts');
  add('status', 'whether it is open, by what it opens, what was lost', async () => {
    return (await load()).vaultStatus;
  });
  owned(
    add('rekey', 'a new vault key: old copies of unlockers open nothing later', async () => {
      return (await load()).vaultRekey;
    }),
  );
  owned(
    add('forget <unlocker>', 'let it open the vault no more', async () => {
      return (await load()).vaultForget;
    }),
  );
  owned(
    add('adopt', 'go by the file as it lies there, such as a restored one', async () => {
      return (await load()).vaultAdopt;
    }),
  );
  owned(
    add('reset', 'begin with an empty vault; the file of this one is put aside', async () => {
      return (await load()).vaultReset;
    }),
  );
}

function addSecretCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/wallet/secret.ts');
  const valued = (command: Program): Program =>
    owned(command)
      .option('--stdin', 'read the value from standard input')
      .option('--file <file>', 'read a private key from its file')
      .option('--expires <time>', 'after so long, such as 90d, nobody gets it')
      .option('--keep <time>', 'how long the version before is kept; 7d unless told')
      .option('--username <name>', 'of basic')
      .option('--access-key-id <id>', 'of sigv4');
  valued(add('set <name>', 'put or replace one', async () => (await load()).secretSet))
    .option('--kind <kind>', 'bearer, header, basic, sigv4, ssh_key, evm_key or webhook')
    .option('--server <name>', 'the server or connector of node.json it is for')
    .option('--origin <origin>', 'https://HOST, ssh://HOST:PORT or evm:CHAIN')
    .option('--header <name>', 'of header and webhook')
    .option('--algorithm <hash>', 'of webhook: sha256 or sha512')
    .option('--region <region>', 'of sigv4')
    .option('--service <service>', 'of sigv4');
  valued(
    add('rotate <name>', 'another value for the same place', async () => {
      return (await load()).secretRotate;
    }),
  );
  add('list', 'which there are, and where each may go', async () => (await load()).secretList);
  add(
    'show <name>',
    'all that is told of one, and its uses',
    async () => (await load()).secretShow,
  );
  add('history <name>', 'its versions that are kept', async () => (await load()).secretHistory);
  owned(
    add('restore <name> <version>', 'a version that is kept, as the newest', async () => {
      return (await load()).secretRestore;
    }),
  );
  add(
    'uses',
    'what was done with secrets, newest last',
    async () => (await load()).secretUses,
  ).option('--after <number>', 'those after this one');
  owned(
    add('remove <name>', 'forget it, in all versions', async () => (await load()).secretRemove),
  );
  owned(
    add('import <file>', 'from a .env file; it is shown, asked for, and left alone', async () => {
      return (await import('./commands/wallet/secret-import.ts')).secretImport;
    }),
  )
    .option('--bind <place>', 'VARIABLE=SERVER,ORIGIN; repeatable', gathered, [])
    .option('--only <variable>', 'of all of them, this one; repeatable', gathered, [])
    .option('--accept', 'without being asked')
    .option('--dry-run', 'only say which');
}
