import { gathered } from './gathered.ts';
import type { Add, Group } from './governance-program.ts';
import { PASSPHRASE_ABOUT, PASSPHRASE_FILE } from './passphrase-option.ts';

const PHRASE_FILE = '--phrase-file <file>';
export const SHARE_FILE = '--share-file <file>';
export const SHARE_ABOUT = 'a share of it instead, from a private file; once for each';
const PHRASE_ABOUT = 'read the recovery phrase from a private file, or - for standard input';

/** Who owns the node, and the phrase all of the owner's keys come from; below `ioi wallet`. */
export function addIdentityCommands(add: Add, group: Group): void {
  add('id', "the owner's DID, public keys, address and tiers", async () => {
    return (await import('./commands/wallet/identity.ts')).walletId;
  }).option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  const phrase = group('phrase', 'the 24 words the owner is restored from');
  const load = () => import('./commands/wallet/phrase.ts');
  phrase('check', 'whether the words on paper are those of this node', async () => {
    return (await load()).phraseCheck;
  })
    .option(PHRASE_FILE, PHRASE_ABOUT)
    .option(SHARE_FILE, SHARE_ABOUT, gathered);
  phrase('split', 'shares of it, any few of which restore the owner', async () => {
    return (await import('./commands/wallet/phrase-split.ts')).phraseSplit;
  })
    .option('--threshold <count>', 'how many it takes; 2 unless told')
    .option('--shares <count>', 'how many there are; 3 unless told')
    .option('--shares-out <folder>', 'write them to new private files there')
    .option(PHRASE_FILE, PHRASE_ABOUT)
    .option(SHARE_FILE, 'shares of another set instead of the phrase; once for each', gathered);
  phrase('show', 'show it once more, where it was kept', async () => (await load()).phraseShow)
    .option('--phrase-out <file>', 'write it to this new private file instead')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  phrase('forget', 'delete what is kept of it here', async () => (await load()).phraseForget);
}

/** One file to restore a whole node from, and the restore. */
export function addBackupCommands(add: Add): void {
  add('backup', 'everything the node keeps, in one file only its owner opens', async () => {
    return (await import('./commands/backup.ts')).backup;
  })
    .option('--to <file>', 'where to')
    .option('--force', 'replace a file that is there')
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  add('restore <backup>', 'a new home from a backup and the recovery phrase', async () => {
    return (await import('./commands/restore.ts')).restore;
  })
    .option(PHRASE_FILE, PHRASE_ABOUT)
    .option(SHARE_FILE, SHARE_ABOUT, gathered)
    .option('--owner-key <file>', "the owner's key file instead, of a node without a phrase")
    .option('--remembered <file>', 'a checkpoint kept elsewhere: names what the backup lacks')
    .option('--old-home <folder>', 'what is left of the home before: names what is lost')
    .option(PASSPHRASE_FILE, 'the passphrase for the new home, from a file, or -');
}
