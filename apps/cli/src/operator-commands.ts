import type { Command as Program } from 'commander';
import { gathered } from './gathered.ts';
import type { Command } from './shell/context.ts';

/** Adds a command to its group; what it does is loaded when it runs. */
export type Add = (words: string, about: string, load: () => Promise<Command>) => Program;

const PASSPHRASE_FILE = '--passphrase-file <file>';
const PASSPHRASE_ABOUT = "the key file's passphrase from a file, or - for standard input";
const SIGN = '--sign <keyfile>';
const SIGN_ABOUT = 'sign it with a key of the domain';
const DOMAIN = '--domain <domain>';
const FORCE = '--force';
const FORCE_ABOUT = 'replace a file that is there';

export function addDomainCommands(add: Add): void {
  const load = () => import('./commands/domain.ts');
  add('list', 'every domain of the node', async () => (await load()).domainList);
  add('open <domain>', 'make a domain', async () => (await load()).domainOpen);
  add('show <domain>', 'one domain, and its classes', async () => (await load()).domainShow);
  add('submit <domain> <operation>', 'have an operation sealed', async () => {
    return (await load()).domainSubmit;
  })
    .option('--payload <json>', 'a JSON object, or @FILE')
    .option(SIGN, SIGN_ABOUT)
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT)
    .option('--if-unchanged <what>', 'CLASS[/ID]@SEQ; may be repeated', gathered);
  add('objects <domain> <class>', 'objects of a class', async () => (await load()).domainObjects)
    .option('--id <id>', 'one of them')
    .option('--limit <count>', 'how many, at most 1000')
    .option('--after <id>', 'those after it')
    .option('--proof <file>', 'save it with all that shows it; of a class, all its objects')
    .option(FORCE, FORCE_ABOUT);
  add('export <domain> <file>', 'its whole log in one file', async () => {
    return (await load()).domainExport;
  }).option(FORCE, FORCE_ABOUT);
  addMove(add);
}

function addMove(add: Add): void {
  add('move <domain>', 'let it go on at another node', async () => {
    return (await import('./commands/domain-move.ts')).domainMove;
  })
    .option('--to-home <folder>', 'the whole way, to the node in this folder')
    .option('--to-node <id>', 'the node it goes to, where that is elsewhere')
    .option('--recipient <file>', "that node's owner, as identity.json")
    .option('--to <file>', 'the archive that is taken there')
    .option('--as <domain>', 'its name there; the same unless told')
    .option('--finish <file>', 'it ends here, and goes on there with this archive')
    .option('--cancel', 'it goes on here, while it did not end')
    .option(
      '--accept-policy <hash>',
      'the policy it was made under, where another is in force there',
    )
    .option('--artifacts <folder>', 'where the bytes of attached artifacts are')
    .option('--artifacts-stay', 'leave the bytes of attached artifacts where they are')
    .option(SIGN, 'key file of one that a class keeps fields for', gathered)
    .option('--sign-passphrase-file <file>', 'the passphrase of those key files')
    .option('--rebind <class>', "keep its fields for that node's channel instead", gathered)
    .option(PASSPHRASE_FILE, "the passphrase of that node's owner from a file, or -");
}

export function addDomainKeyCommands(add: Add): void {
  const load = () => import('./commands/domain-key.ts');
  add('new <file>', 'make a key of your own', async () => (await load()).keyNew).option(
    PASSPHRASE_FILE,
    PASSPHRASE_ABOUT,
  );
  add('add <domain> <file>', 'let a key speak', async () => (await load()).keyAdd)
    .option('--operation <name>', 'what it may speak; objects/* unless told; repeatable', gathered)
    .option('--label <text>', 'whose it is');
  add('revoke <domain> <key>', 'let it speak no more', async () => (await load()).keyRevoke);
  add('list <domain>', 'keys that may speak', async () => (await load()).keyList);
}

/** The operator surface (whitepaper 10): what looks at the logs, and what mends them. */
export function addOperatorCommands(add: Add): void {
  addInspectionCommands(add);
  add('status', 'every domain and projection, with age and size', async () => {
    return (await import('./commands/agentgres/status.ts')).status;
  });
  add('rebuild-projection <name>', 'fold a projection again while it serves', async () => {
    return (await import('./commands/agentgres/rebuild-projection.ts')).rebuildProjection;
  }).option(DOMAIN, "the domain it is of; the node's own unless told");
  add('explain <id>', 'an operation, object, receipt, proposal or commit', async () => {
    return (await import('./commands/agentgres/explain.ts')).explain;
  }).option(DOMAIN, 'the domain it is of');
  add('diff-heads <a> <b>', 'objects of two domains, places (DOMAIN@SEQ) or exports', async () => {
    return (await import('./commands/agentgres/diff-heads.ts')).diffHeads;
  })
    .option('--class <class>', 'of one class only')
    .option('--limit <count>', 'how many differences are shown');
  add('inspect-receipt <id>', 'a receipt, its chain and its place in the log', async () => {
    return (await import('./commands/agentgres/inspect-receipt.ts')).inspectReceipt;
  })
    .option(DOMAIN, 'the domain it is of')
    .option('--proof <file>', 'save the proof of its place, as C2SP tlog-proof');
  add('migrate <class>', 'take a class to its next schema, or back', async () => {
    return (await import('./commands/agentgres/migrate.ts')).migrate;
  })
    .option(DOMAIN, 'the domain it is of')
    .option('--to <file>', 'the next schema, as ProposeMigration')
    .option('--rollback', 'bring the objects back to what they were')
    .option('--status', 'how far it came')
    .option(SIGN, SIGN_ABOUT)
    .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
}

/** These work on a stopped node too. */
function addInspectionCommands(add: Add): void {
  const refold = () => import('./commands/agentgres/refold.ts');
  add('doctor', 'look at all the node keeps; changes nothing', async () => {
    return (await import('./commands/agentgres/doctor.ts')).doctor;
  });
  add('replay', 'fold the logs again from genesis', async () => (await refold()).replay)
    .option(DOMAIN, 'one domain only')
    .option('--to <seq>', 'up to the commit that holds this entry');
  add('verify-root', 'logs and states against what was signed', async () => {
    return (await refold()).verifyRoot;
  })
    .option('--log-only', 'the log without its states')
    .option(DOMAIN, 'one domain only');
}
