import type { Command as Program } from 'commander';
import type { Add, Group } from './governance-program.ts';
import { PASSPHRASE_ABOUT, PASSPHRASE_FILE } from './passphrase-option.ts';

/** The node kept running by the machine. */
export function addServiceCommands(group: Group): void {
  const add = group('service', 'the node kept running by systemd or launchd');
  const load = () => import('./commands/service.ts');
  add('install', 'write its file, and start it', async () => (await load()).serviceInstall)
    .option('--system', 'for the machine, not for this account; takes root')
    .option(
      '--dedicated-user',
      'for the machine, each process by an account of its own; takes root',
    )
    .option('--for <account>', 'who reaches a node that has accounts of its own')
    .option('--dry-run', 'show what would be written, and write nothing')
    .option('--replace', 'where a file was edited, or is not ours; a copy is kept')
    .option('--no-start', 'write the file alone');
  add('status', 'installed, enabled, running, answering', async () => (await load()).serviceStatus);
  add('remove', 'undo what install did', async () => (await load()).serviceRemove);
}

/** Away with all that the program put elsewhere. */
export function addUninstallCommand(add: Add): void {
  add('uninstall', 'put agents back, remove the service, stop the node', async () => {
    return (await import('./commands/uninstall.ts')).uninstall;
  })
    .option('--export <file>', 'write the log there first')
    .option('--keep-data', 'keep keys and log; so unless told')
    .option('--delete-data', 'delete keys, log and all else of the node, for good')
    .option('--yes', 'without typing that it is meant')
    .option('--dry-run', 'say what would be done, and do nothing');
}

/** Another version of the program; below it, by older use of the word, what is governed. */
export function addUpgradeCommand(add: Add): Program {
  const about = 'run another version of this program; below: proposed changes of chains';
  return add('upgrade [package]', about, async () => {
    return (await import('./commands/upgrade-program.ts')).upgradeProgram;
  })
    .option(
      '--key <file>',
      'the release key that signed it; remembered, and asked for from then on',
    )
    .option('--unsigned', 'take it without a signature')
    .option('--rollback', 'back to the version before')
    .option('--into <folder>', 'where versions are kept; ~/.local/lib/ioi unless told')
    .option('--no-backup', 'without a snapshot before')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
}
