import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { quoted } from '../core/next-steps.ts';
import { awayLines } from '../core/recovery-view.ts';
import { sizeText } from '../core/size-text.ts';
import { visible } from '../core/visible.ts';
import { type Command, flagOption, needNode, type Options, textOption } from '../shell/context.ts';
import { refuseDedicated } from '../shell/dedicated.ts';
import { usageFault } from '../shell/fault.ts';
import type { Home } from '../shell/home.ts';
import { askPhraseProgram, identityIn } from '../shell/owner-identity.ts';
import { withProgress } from '../shell/progress.ts';
import { readPassphrase } from '../shell/prompt.ts';
import { isThere, putNew } from '../shell/put-new.ts';
import { recover } from '../shell/recovery.ts';
import { clearParts, withPart } from '../shell/replacement.ts';
import { saveExport } from '../shell/save-export.ts';
import { noteUpkeep } from '../shell/upkeep.ts';
import { pageFile } from '../up/page-door.ts';

/**
 * `ioi backup [--to FILE]`: everything the running node keeps, in one file that only its owner
 * opens. The file appears under its name when it is whole.
 */
export const backup: Command = async (context, _args, options) => {
  const { home, output, daemon } = context;
  needNode(home);
  if (process.getuid?.() !== 0) {
    const next = `sudo IOI_HOME=${quoted(home.folder)} ioi backup`;
    refuseDedicated(home.folder, next);
  }
  const to = target(options);
  if (identityIn(home) === undefined) {
    const source = { passphraseFile: textOption(options, 'passphraseFile') };
    const passphrase = await readPassphrase(source, output);
    await askPhraseProgram(home, { kind: 'identify', passphrase }, 'identified');
  }
  const part = `${to}.${process.pid}.part`;
  try {
    const made = await withPart(join(home.folder, 'backup'), async (staging) => {
      await saveExport(daemon, join(staging, 'log.ioi'), false);
      const { guardian, data } = home;
      const job = { guardian, data, staging, along: takeAlong(home, staging), to: part };
      return withProgress(output, 'sealing', (tell) =>
        recover({ kind: 'backup', ...job }, 'sealed', tell),
      );
    });
    if (flagOption(options, 'force')) renameSync(part, to);
    else putNew(part, to);
    const { bytes, sha256, parts, did } = made.backup;
    noteUpkeep(home, 'backup', { made_at: new Date().toISOString(), file: to, bytes, sha256 });
    const lines = [
      `wrote ${visible(to)}, ${sizeText(bytes)}, ${parts} parts`,
      `  sha256 ${sha256}`,
      `  opens with the recovery phrase of ${did}`,
      ...awayLines(made.backup.away),
    ];
    output.say(lines, { file: to, ...made.backup });
    return undefined;
  } finally {
    rmSync(part, { force: true });
  }
};

function target(options: Options): string {
  const now = new Date().toISOString().slice(0, 19).replaceAll(':', '');
  const to = resolve(textOption(options, 'to') ?? `ioi-${now}.backup`);
  // Whoever was killed between a file's two names left it both.
  clearParts(to);
  if (existsSync(to) && !flagOption(options, 'force')) throw isThere(to);
  if (existsSync(dirname(to))) return to;
  throw usageFault(`there is no folder ${dirname(to)}`);
}

/** What a person keeps in the home beside the node's own folders. */
function takeAlong(home: Home, staging: string): string[] {
  const files = [home.nodeConfig, home.policy, pageFile(home), ...policiesIn(home)];
  return files.filter(isFile).map((path) => {
    const isPolicy = dirname(path) === home.policies;
    const name = `home/${isPolicy ? 'policies/' : ''}${basename(path)}`;
    cpSync(path, join(staging, name), { dereference: true });
    return name;
  });
}

function policiesIn({ policies }: Home): string[] {
  const names = existsSync(policies) ? readdirSync(policies) : [];
  return names.filter((name) => !name.startsWith('.')).map((name) => join(policies, name));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
