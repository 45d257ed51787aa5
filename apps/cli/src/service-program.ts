import type { Group } from './governance-program.ts';

/** The node kept running by the machine. */
export function addServiceCommands(group: Group): void {
  const add = group('service', 'the node kept running by systemd or launchd');
  const load = () => import('./commands/service.ts');
  add('install', 'write its file, and start it', async () => (await load()).serviceInstall)
    .option('--system', 'for the machine, not for this account; takes root')
    .option('--dry-run', 'show what would be written, and write nothing')
    .option('--replace', 'where a file was edited, or is not ours; a copy is kept')
    .option('--no-start', 'write the file alone');
  add('status', 'installed, enabled, running, answering', async () => (await load()).serviceStatus);
  add('remove', 'undo what install did', async () => (await load()).serviceRemove);
}
