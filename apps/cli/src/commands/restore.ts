import { createHash } from 'node:crypto';
import {
  cpSync,
  createReadStream,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { BackupSurvey, OwnerSource, Takeover } from '@ioi/protocol';
import type { Summary } from '@ioi/verifier';
import { awayLines, lossView, takeoverView } from '../core/recovery-view.ts';
import { visible } from '../core/visible.ts';
import { type Command, type Context, type Options, textOption } from '../shell/context.ts';
import { CommandFault, messageOf, usageFault } from '../shell/fault.ts';
import { type Home, homeAt, makePrivateFolder } from '../shell/home.ts';
import { readPhrase } from '../shell/phrase-input.ts';
import { withProgress } from '../shell/progress.ts';
import { choosePassphrase, readPassphrase } from '../shell/prompt.ts';
import { recover } from '../shell/recovery.ts';
import { putInPlace, withPart } from '../shell/replacement.ts';
import { timeText } from '../shell/time.ts';
import { verifiedBackup } from '../shell/verified-backup.ts';

/**
 * `ioi restore FILE`: a whole home from a backup, in a folder where nothing is. A recovery and no
 * rollback: the owner shows the phrase, the log goes on in a new epoch that says what was lost,
 * and what was granted before is void.
 */
export const restore: Command = async (context, [file = ''], options) => {
  const { home, output } = context;
  refuseLive(home);
  const remembered = rememberedIn(options);
  const shown = await ownerShown(context, options);
  const done = await withPart(home.folder, async (into) => {
    const opened = join(into, 'backup');
    const { backup } = await withProgress(output, 'opening', (tell) => {
      const job = { backup: backupFile(file), owner: shown, into: opened };
      return recover({ kind: 'unseal', ...job }, 'opened', tell);
    });
    for (const line of awayLines(backup.away)) output.note(line);
    const log = join(opened, 'log.ioi');
    const summary = await verifiedBackup(context, log);
    if (summary === undefined) return undefined;
    const survey = await surveyed(context, summary, options);
    if (survey === undefined && remembered.remembered === undefined) {
      output.note(await unshownText(summary, backupFile(file)));
    }
    const owner = await withPassphrase(context, shown, options);
    const { takeover } = await withProgress(output, 'restoring', (tell) => {
      const folders = { guardian: join(opened, 'guardian'), data: join(opened, 'data') };
      const contents = join(opened, 'contents.json');
      const known = survey?.here === undefined ? {} : { known_size: String(survey.here.size) };
      const job = { ...folders, into, backup: log, owner, contents, ...known, ...remembered };
      return recover({ kind: 'restore', ...job }, 'made', tell);
    });
    settle(context, homeAt(into), opened);
    putInPlace(into, home.folder);
    return takeover;
  });
  if (done === undefined) return 'unverified';
  sayRestored(context, done);
  return undefined;
};

/** Nothing that runs, or ran, is overwritten: a restore never looks like the node before it. */
function refuseLive(home: Home): void {
  if (!existsSync(home.folder) || readdirSync(home.folder).length === 0) return;
  throw new CommandFault({
    exit: 'usage',
    code: 'restore.not_empty',
    message: `${home.folder} is not empty; a backup is restored to a folder of its own`,
    next: 'IOI_HOME=/another/folder and the same command',
  });
}

function backupFile(file: string): string {
  const path = resolve(file);
  if (existsSync(path)) return path;
  throw usageFault(`there is no file ${path}`);
}

async function ownerShown({ output }: Context, options: Options): Promise<OwnerSource> {
  const keyFile = textOption(options, 'ownerKey');
  if (keyFile === undefined) {
    return { kind: 'phrase', phrase: await readPhrase(options, output), passphrase: '' };
  }
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  const passphrase = await readPassphrase(source, output);
  return { kind: 'key_file', path: resolve(keyFile), passphrase };
}

/** The new key file's passphrase, chosen once it is known what the restore loses. */
async function withPassphrase(
  { output }: Context,
  owner: OwnerSource,
  options: Options,
): Promise<OwnerSource> {
  if (owner.kind === 'key_file') return owner;
  const source = { passphraseFile: textOption(options, 'passphraseFile') };
  return { ...owner, passphrase: await choosePassphrase(source, output) };
}

/** Anybody who knows an owner's public key can make a node for them, and back it up to them. */
async function unshownText({ node_id }: Summary, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const digest = hash.digest('hex');
  return `is it yours? nothing here shows it but that it is of ${node_id}, with sha256 ${digest}`;
}

function rememberedIn(options: Options): { readonly remembered?: string } {
  const path = textOption(options, 'remembered');
  if (path === undefined) return {};
  try {
    return { remembered: readFileSync(path, 'utf8') };
  } catch (fault) {
    throw usageFault(`the checkpoint cannot be read: ${messageOf(fault)}`);
  }
}

/** What the home before sealed beyond the backup, where something of it is left. */
async function surveyed(
  { output }: Context,
  { checkpoint, entries, epochs, node_id }: Summary,
  options: Options,
): Promise<BackupSurvey | undefined> {
  const folder = textOption(options, 'oldHome');
  if (folder === undefined) return undefined;
  const { guardian, data } = homeAt(resolve(folder));
  const job = { kind: 'survey', guardian, data, checkpoint } as const;
  const { survey } = await recover(job, 'surveyed', () => {});
  if (survey.here && survey.here.node_id !== node_id) {
    throw usageFault(`the backup is of ${node_id}, in ${folder} is ${survey.here.node_id}`);
  }
  const backup = { size: entries, epoch: epochs.at(-1)?.epoch ?? '0' };
  for (const line of lossView(survey, backup, { paint: output.paint, timeText })) output.note(line);
  return survey;
}

/** The home around the folders of guardian and log; what was opened to make it goes. */
function settle({ output }: Context, home: Home, opened: string): void {
  const along = join(opened, 'home');
  if (existsSync(along)) cpSync(along, home.folder, { recursive: true });
  for (const folder of [home.run, home.logs]) makePrivateFolder(folder);
  const config = existsSync(home.nodeConfig)
    ? (JSON.parse(readFileSync(home.nodeConfig, 'utf8')) as Record<string, unknown>)
    : { format: 'ioi-node/1', servers: [] };
  const { store, ...own } = config as { store?: unknown };
  if (store !== undefined) output.note('the logs are in this folder now, no longer in a database');
  writeFileSync(home.nodeConfig, `${JSON.stringify(own, null, 2)}\n`, { mode: 0o600 });
  rmSync(opened, { recursive: true });
}

function sayRestored({ home, output }: Context, takeover: Takeover): void {
  const { size, known_size: known } = takeover;
  const lost =
    known === undefined
      ? 'lost         what was sealed after the backup, if anything was: nothing tells'
      : `lost         entries ${size} to ${BigInt(known) - 1n}, known to have been sealed`;
  const lines = [
    ...takeoverView(takeover),
    lost,
    'approvals, leases and grants of before are void',
    `restored to ${visible(home.folder)}`,
    'next: ioi up --detach',
  ];
  output.say(lines, { ...takeover, home: home.folder });
}
