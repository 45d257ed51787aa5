import { gathered } from './gathered.ts';
import type { Group } from './governance-program.ts';
import { SHARE_ABOUT, SHARE_FILE } from './identity-program.ts';
import { PASSPHRASE_FILE } from './passphrase-option.ts';

/** One domain, sealed to its owner or to another, and made again from that. */
export function addArchiveCommands(group: Group): void {
  const archive = group('archive', 'one domain in a sealed file, and a domain made from it');
  const load = () => import('./commands/archive.ts');
  archive('create <domain>', 'seal a domain to an owner', async () => (await load()).archiveCreate)
    .option('--to <file>', 'where to')
    .option('--recipient <file>', "another owner's identity.json; this node's owner unless told")
    .option('--artifacts <folder>', 'where the bytes of attached artifacts are; they go along')
    .option('--artifacts-stay', 'leave the bytes of attached artifacts where they are');
  archive('inspect <file>', 'what an archive says of itself; needs no key', async () => {
    return (await load()).archiveInspect;
  });
  archive('restore <file>', 'a new domain of this node from an archive', async () => {
    return (await load()).archiveRestore;
  })
    .option('--as <domain>', 'the new domain')
    .option('--node <id>', 'the node that the archive must be of')
    .option('--accept-policy <hash>', 'the policy it was made under, where another is in force')
    .option('--check', 'all checks, and nothing is made')
    .option('--moved <file>', 'what shows that a moved domain ended where it was')
    .option('--artifacts <folder>', 'where the bytes of artifacts go that came along')
    .option('--sign <file>', 'key file of one that a class keeps fields for', gathered)
    .option('--sign-passphrase-file <file>', 'the passphrase of those key files')
    .option('--rebind <class>', "keep its fields for this node's channel instead", gathered)
    .option('--owner-key <file>', "the owner's key file; this node's unless told")
    .option('--phrase-file <file>', 'the recovery phrase instead, from a private file')
    .option(SHARE_FILE, SHARE_ABOUT, gathered)
    .option(PASSPHRASE_FILE, "the key file's passphrase from a file, or -");
}
