import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { BackupSurvey, Takeover } from '@ioi/protocol';
import type { Summary } from '@ioi/verifier';
import { quoted } from '../core/next-steps.ts';
import { lossView, takeoverView } from '../core/recovery-view.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, needNode, textOption } from '../shell/context.ts';
import { refuseDedicated } from '../shell/dedicated.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { type Home, homeAt, makePrivateFolder } from '../shell/home.ts';
import { withProgress } from '../shell/progress.ts';
import { readPassphrase } from '../shell/prompt.ts';
import { recover, whileStopped } from '../shell/recovery.ts';
import { decideReplacement, finishReplacement, withPart } from '../shell/replacement.ts';
import { timeText } from '../shell/time.ts';
import { verifiedBackup } from '../shell/verified-backup.ts';

/** It runs by one account, and gives what it makes to it. */
const TAKEN_BACK =
  'sudo ioi service remove; the same again; sudo ioi service install --dedicated-user';

/**
 * `ioi agentgres restore BACKUP [--owner-key FILE]`: goes on from an export, as a new epoch that
 * the owner signs. Says what is lost before it asks for the passphrase.
 */
export const restore: Command = (context, [backup = ''], options) =>
  whileStopped(context.home, async () => {
    const { home, output } = context;
    refuseDedicated(home.folder, TAKEN_BACK);
    finishReplacement(home);
    refuseOtherStore(home);
    const summary = await verifiedBackup(context, backup);
    if (summary === undefined) return 'unverified';
    const found = await surveyed(context, summary);
    const ownerKeyFile = ownerKey(home, textOption(options, 'ownerKey'));
    const source = { passphraseFile: textOption(options, 'passphraseFile') };
    const passphrase = await readPassphrase(source, output);
    const done = await withPart(home.next, async (into) => {
      const { takeover } = await withProgress(output, 'restoring', (tell) => {
        const owner = { kind: 'key_file', path: ownerKeyFile, passphrase } as const;
        const known = found.here === undefined ? {} : { known_size: String(found.here.size) };
        const job = { ...foldersOf(home), into, owner, ...known };
        return recover({ kind: 'restore', ...job, backup: resolve(backup) }, 'made', tell);
      });
      keepConfig(home);
      return { takeover, aside: decideReplacement(home, into, new Date()) };
    });
    finishReplacement(home);
    sayTakeover(context, { ...done, survey: found });
    return undefined;
  });

/**
 * `ioi agentgres handover [--to FOLDER]`: another seal key goes on from where this one stopped,
 * here or as a whole node in a new folder; the owner signs, and this guardian is set aside.
 */
export const handover: Command = (context, _args, options) => {
  const { home, output } = context;
  needNode(home);
  const to = newFolder(textOption(options, 'to'));
  refuseDedicated(home.folder, TAKEN_BACK);
  return whileStopped(home, async () => {
    finishReplacement(home);
    const source = { passphraseFile: textOption(options, 'passphraseFile') };
    const passphrase = await readPassphrase(source, output);
    const done = await withPart(to ?? home.next, async (into) => {
      const job = { ...foldersOf(home), into, passphrase, withLog: to !== undefined };
      const { takeover } = await recover({ kind: 'handover', ...job }, 'made', () => {});
      if (to !== undefined) return { takeover, aside: moveTo(home, into, to), to };
      return { takeover, aside: decideReplacement(home, into, new Date()) };
    });
    finishReplacement(home);
    sayTakeover(context, done);
    return undefined;
  });
};

async function surveyed({ home, output }: Context, summary: Summary): Promise<BackupSurvey> {
  const { checkpoint, node_id, entries } = summary;
  const job = { kind: 'survey', ...foldersOf(home), checkpoint } as const;
  const { survey } = await recover(job, 'surveyed', () => {});
  if (survey.here && survey.here.node_id !== node_id) {
    throw new CommandFault({
      exit: 'usage',
      code: 'restore.other_node',
      message: `the backup is of ${node_id}, here is ${survey.here.node_id}`,
      next: 'IOI_HOME=/another/folder and the same command',
    });
  }
  const backup = { size: entries, epoch: summary.epochs.at(-1)?.epoch ?? '0' };
  for (const line of lossView(survey, backup, { paint: output.paint, timeText })) output.note(line);
  return survey;
}

/** What a backup is restored to is a folder; a database that holds more would go on from there. */
function refuseOtherStore({ nodeConfig }: Home): void {
  if (!existsSync(nodeConfig)) return;
  const { store } = JSON.parse(readFileSync(nodeConfig, 'utf8')) as { store?: unknown };
  if (store === undefined) return;
  throw new CommandFault({
    exit: 'usage',
    code: 'restore.other_store',
    message: 'this node keeps its logs in a database; a backup is restored to its own folder',
    next: `take "store" out of ${nodeConfig}, and the same command`,
  });
}

function foldersOf({ guardian, data }: Home) {
  return { guardian, data };
}

function ownerKey(home: Home, given: string | undefined): string {
  const path = given === undefined ? join(home.guardian, 'owner.key') : resolve(given);
  if (existsSync(path)) return path;
  throw usageFault(
    `the owner's key is not in ${path}`,
    'the same command with --owner-key FILE, a copy of guardian/owner.key',
  );
}

/** A node without servers can be started; which ones it had, no log says in full. */
function keepConfig(home: Home): void {
  if (existsSync(home.nodeConfig)) return;
  const config = { format: 'ioi-node/1', servers: [] };
  writeFileSync(home.nodeConfig, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}

function newFolder(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const folder = resolve(given);
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw usageFault(`${folder} is not empty`);
  }
  return folder;
}

/** The new node whole in its folder first; then the old one is set aside here. */
function moveTo(home: Home, into: string, to: string): string {
  const theirs = homeAt(into);
  for (const [from, copy] of [
    [home.nodeConfig, theirs.nodeConfig],
    [home.policy, theirs.policy],
    [home.policies, theirs.policies],
    [home.demoPassphrase, theirs.demoPassphrase],
  ] as const) {
    if (existsSync(from)) cpSync(from, copy, { recursive: true });
  }
  keepConfig(theirs);
  rmSync(to, { recursive: true, force: true });
  renameSync(into, to);
  const aside = join(home.setAside, new Date().toISOString().replaceAll(':', '.'));
  makePrivateFolder(home.setAside);
  mkdirSync(aside, { mode: 0o700 });
  for (const name of ['guardian', 'data']) renameSync(join(home.folder, name), join(aside, name));
  return aside;
}

type Done = {
  readonly takeover: Takeover;
  readonly aside: string;
  readonly to?: string;
  readonly survey?: BackupSurvey;
};

function sayTakeover({ output }: Context, { takeover, aside, ...more }: Done): void {
  const prefix = more.to === undefined ? '' : `IOI_HOME=${quoted(more.to)} `;
  const lines = [
    ...takeoverView(takeover),
    `the guardian before is kept in ${visible(aside)}; it must never run again`,
    `next: ${visible(prefix)}ioi up --detach`,
  ];
  output.say(lines, { ...takeover, set_aside: aside, ...more });
}
