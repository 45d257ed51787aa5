import type { Command as Program } from 'commander';
import { gathered } from './gathered.ts';
import type { Add, Group } from './governance-program.ts';
import { PASSPHRASE_ABOUT, PASSPHRASE_FILE } from './passphrase-option.ts';

type Owned = (command: Program) => Program;

/** Sessions between nodes, keys of a group, and the feed of uses; below `ioi wallet`. */
export function addSessionPrograms(add: Add, group: Group, owned: Owned): void {
  addSessionCommands(group('session', 'sessions that hold on any node of a domain'), owned);
  addThresholdCommands(group('threshold', 'keys of a group, of which some sign together'));
  addAuditCommand(add);
}

const KEY = '--key <keyfile>';

function addThresholdCommands(add: Add): void {
  const load = () => import('./commands/wallet/threshold.ts');
  add('create <keyfile...>', 'a group of these keys, public halves alone', async () => {
    return (await load()).thresholdCreate;
  })
    .option('--threshold <count>', 'how many of them sign', '2')
    .option(OUT, OUT_ABOUT);
  const round = (words: string, about: string) =>
    add(words, about, async () => (await load()).thresholdRound)
      .requiredOption(KEY, 'key file of this member')
      .option(PASSPHRASE_FILE, PASSPHRASE_ABOUT);
  round('join <group>', 'begin to be a member; the same as round');
  round('round <file>', 'add what this member can add to a group or a signing');
  add('sign <group> <document>', 'begin to sign a JSON document', async () => {
    return (await load()).thresholdSign;
  }).option(OUT, OUT_ABOUT);
  add('status <file>', 'what goes round, and who added what', async () => {
    return (await load()).thresholdStatus;
  });
  add('finish <file>', 'the document with its signature', async () => {
    return (await load()).thresholdFinish;
  }).option(OUT, OUT_ABOUT);
}

function addAuditCommand(add: Add): void {
  add(
    'audit',
    'every use of authority: policies, approvals, grants, units, keys, sessions',
    async () => {
      return (await import('./commands/wallet/audit.ts')).walletAudit;
    },
  )
    .option('--since <time>', 'from then on: 2026-01-31T08:00:00Z, or 90m, 8h, 2d ago')
    .option('--agent <agent>', 'of this agent, agent://…')
    .option('--kind <kind>', 'decision, approval, execution, spend, policy, key, session, grant, …')
    .option('--follow', 'and what comes, until Ctrl-C')
    .option('--csv', 'comma separated values (RFC 4180)');
}

const READ = '--read <projection>';
const OUT = '--out <file>';
const OUT_ABOUT = 'write it there, where nothing is yet';

function addSessionCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/wallet/sessions.ts');
  owned(
    add('issue <subject>', 'sign a session for agent://…, org://… or another name', async () => {
      return (await load()).sessionIssue;
    }),
  )
    .option(READ, 'what it may read; repeatable; projection://*/* for all', gathered, [])
    .option('--may <capability>', 'prim:… or scope:… it carries; repeatable', gathered, [])
    .option('--for <time>', 'how long it holds, such as 90m or 2d', '8h')
    .option('--audience <domain>', "the domain it is for; the node's own unless told")
    .option(OUT, OUT_ABOUT);
  add('list', 'sessions that were issued here', async () => (await load()).sessionList);
  owned(
    add('revoke [id...]', 'end sessions from the next seal on', async () => {
      return (await load()).sessionRevoke;
    }),
  ).option('--all', 'every one that holds');
  add('issuer', 'what another node pins to take sessions of this one', async () => {
    return (await load()).sessionIssuer;
  }).option(OUT, OUT_ABOUT);
  add('revocations', 'what another node is told of those revoked, as of now', async () => {
    return (await load()).sessionRevocations;
  }).option(OUT, OUT_ABOUT);
  addTrustCommands(add);
}

function addTrustCommands(add: Add): void {
  const load = () => import('./commands/wallet/session-issuers.ts');
  add('trust <issuer>', 'take sessions of the issuer in this file', async () => {
    return (await load()).sessionTrust;
  })
    .option(READ, 'what they may read here at most; repeatable', gathered, [])
    .option('--max-stale <time>', 'how old a word about revocation may be', '1h');
  add('learn <revocations>', 'take a word about revocation; - for standard input', async () => {
    return (await load()).sessionLearn;
  });
  add('trusted', 'whose sessions are taken here', async () => (await load()).sessionTrusted);
  add('distrust <issuer>', 'take them no more', async () => (await load()).sessionDistrust);
}
