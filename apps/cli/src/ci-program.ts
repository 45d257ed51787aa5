import { gathered } from './gathered.ts';
import type { Group } from './governance-program.ts';
import { PASSPHRASE_FILE } from './passphrase-option.ts';

/** What people do for jobs of build servers, beside `ioi run --ci`. */
export function addCiCommands(group: Group): void {
  const add = group('ci', 'jobs of build servers: see docs/guides/ci.md');
  add('approve <requests>', 'sign beforehand what a job asked for', async () => {
    return (await import('./ci/approve-requests.ts')).ciApprove;
  })
    .requiredOption('--commit <sha>', 'the commit it is for, and no other')
    .requiredOption('--key <keyfile>', 'the key of the approver: ioi domain key new FILE')
    .requiredOption('--out <file>', 'where to write it')
    .option('--ref <ref>', 'and on this ref alone, as the build server names it')
    .option('--until <time>', 'for how long from now, such as 2h or 3d', '24h')
    .option('--request <hash>', 'this one of the file alone; repeatable', gathered, [])
    .option(PASSPHRASE_FILE, 'read the passphrase of the key from a file, or -');
}
