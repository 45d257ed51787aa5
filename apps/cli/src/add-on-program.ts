import type { AddOnManifest } from '@ioi/protocol';
import type { Add, Group } from './governance-program.ts';
import { PASSPHRASE_ABOUT, PASSPHRASE_FILE } from './passphrase-option.ts';

type Kind = AddOnManifest['kind'];

/** `ioi skill` and `ioi extension`: words and tools beside workers, which change no policy. */
export function addAddOnCommands(group: Group): void {
  addKind(group('skill', 'words for agents and workers: how something is done'), 'skill');
  addKind(group('extension', 'tools of others, in a sandbox behind the boundary'), 'extension');
}

function addKind(add: Add, kind: Kind): void {
  const load = () => import('./commands/add-on.ts');
  add('pack <folder>', 'its files and signed manifest, as one archive', async () => {
    return (await load()).addOnPack(kind);
  })
    .requiredOption('--key <keyfile>', `whose ${kind} it is: ioi domain key new FILE`)
    .requiredOption('--out <file>', 'where to write it')
    .option('--id <id>', 'ai://…, whose last part is its name; of a skill without add-on.json')
    .option('--release <version>', 'of a skill without add-on.json, such as v1.0.0')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('inspect <package>', 'what it is and gives; nothing of it runs', async () => {
    return (await load()).addOnInspect(kind);
  });
  add('install <package>', 'have the node offer it: shown first, signed by you', async () => {
    return (await load()).addOnInstall(kind);
  })
    .option('--digest <digest>', 'of the package that was looked at: another one is refused')
    .option('--downgrade', 'an older version is meant')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT)
    .option('--yes', 'on a demo node: do not ask');
  add('list', `every ${kind} that is installed`, async () => (await load()).addOnList(kind)).option(
    '--removed',
    'those that were removed too',
  );
  add('remove <name>', 'have it no longer; its receipts stay', async () => {
    return (await load()).addOnRemove(kind);
  })
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT)
    .option('--yes', 'on a demo node: do not ask');
}
