import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { keyId } from '@ioi/crypto';
import { quoted } from '../core/next-steps.ts';
import { compareVersions } from '../core/upgrade/version-order.ts';
import { visible } from '../core/visible.ts';
import {
  type Command,
  type Context,
  flagOption,
  needNode,
  type Options,
  textOption,
} from '../shell/context.ts';
import { refuseDedicated } from '../shell/dedicated.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { entries, readVersion } from '../shell/installation.ts';
import { type Lock, lockFile } from '../shell/lock.ts';
import { checkPackage, refused, releaseKeyIn, type Vouched } from '../upgrade/check-package.ts';
import { runProgram } from '../upgrade/run-program.ts';
import { checkStarts, isUp, switchProgram } from '../upgrade/switch-program.ts';
import { noRoom, unpack } from '../upgrade/unpack.ts';
import { type Program, Versions, versionsAround } from '../upgrade/versions.ts';

/** A release is packed to a quarter of what it is. */
const UNPACKED = 5;

/** `ioi upgrade [PACKAGE.tgz | --rollback]`: another version of this program runs the node. */
export const upgradeProgram: Command = async (context, [given], options) => {
  const versions = findVersions(context, options);
  const isBack = flagOption(options, 'rollback');
  if (given === undefined && !isBack) return tellVersions(context, versions);
  if (given !== undefined && isBack) throw usageFault('it is a package, or --rollback');
  needNode(context.home);
  refuseDedicated(context.home.folder, 'install its package, then: sudo systemctl restart');
  const lock = lockVersions(versions);
  try {
    if (given === undefined) return await goBack(context, versions);
    return await install(context, { versions, file: resolve(given) }, options);
  } finally {
    lock.release();
  }
};

function findVersions({ environment }: Context, options: Options): Versions {
  const into = textOption(options, 'into');
  if (into !== undefined) return new Versions(resolve(into));
  const home = environment['HOME'] ?? homedir();
  return versionsAround(entries.main) ?? new Versions(join(home, '.local', 'lib', 'ioi'));
}

function lockVersions({ base }: Versions): Lock {
  mkdirSync(base, { recursive: true });
  const lock = lockFile(join(base, 'upgrade.lock'));
  if (lock !== undefined) return lock;
  throw usageFault('another upgrade is under way', 'ioi upgrade, once it is over');
}

/** The program that runs the node by now: the version that counts, or this one. */
function programNow(versions: Versions): Program {
  const { name } = versions;
  if (name !== undefined) return { kind: 'version', name };
  return { kind: 'outside', words: [process.execPath, entries.main] };
}

function versionNow(versions: Versions): string {
  const { name } = versions;
  return name === undefined ? readVersion() : versions.versionOf({ name });
}

type Installing = { readonly versions: Versions; readonly file: string };

async function install(
  context: Context,
  { versions, file }: Installing,
  options: Options,
): Promise<undefined> {
  const { output } = context;
  const vouched = await checkVouched(versions, file, options);
  const { to, version } = await place(versions, { file, sha256: vouched.sha256 });
  const cut = versions.readState().under_way;
  const from = cut?.from ?? programNow(versions);
  // Where a change was cut off, what `current` leads to was perhaps never started, or checked.
  if (cut === undefined && from.kind === 'version' && from.name === to.name) {
    output.say([`${visible(version)} is what runs already`], { version, changed: false });
    return undefined;
  }
  await checkStarts(context, versions.wordsOf(to), version);
  const wasUp = isUp(context) || cut?.was_up === true;
  const kept = isUp(context) ? await snapshot(context, versions, options) : undefined;
  await switchProgram(context, { versions, from, to, wasUp });
  versions.keepOnly([from, to]);
  const said = { version, changed: true, vouched: vouched.by, snapshot: kept, started: wasUp };
  const program = versions.wordsOf(to)[0] ?? '';
  const lines = [
    `upgraded to ${visible(version)}: ${wasUp ? 'it runs, its log verifies' : 'the node is down'}`,
    ...(kept === undefined ? [] : [`  snapshot before: ${visible(kept)}`]),
    '  back: ioi upgrade --rollback',
  ];
  output.say(lines, { ...said, program, current: versions.current });
  if (from.kind === 'outside') adviseFirst(context, versions);
  return undefined;
}

/** A key that was given once is asked for from then on. */
async function checkVouched(versions: Versions, file: string, options: Options): Promise<Vouched> {
  const given = textOption(options, 'key');
  const pinned = existsSync(versions.keyPath) ? releaseKeyIn(versions.keyPath) : undefined;
  const key = given === undefined ? pinned : releaseKeyIn(given);
  if (pinned !== undefined && key !== undefined && keyId(key) !== keyId(pinned)) {
    const message = `${versions.keyPath} holds another release key, ${keyId(pinned)}`;
    throw refused('upgrade.other_key', message);
  }
  const vouched = await checkPackage(file, key);
  // Before anything can fail or be killed: it holds, whatever becomes of the package.
  const isNew = pinned === undefined && vouched.by === 'key';
  if (isNew && key !== undefined) versions.rememberKey(key);
  if (vouched.by === 'key' || flagOption(options, 'unsigned')) return vouched;
  const what = vouched.by === 'sums' ? 'its digest alone, which lies beside it' : 'nothing';
  throw new CommandFault({
    exit: 'unverified',
    code: 'upgrade.unsigned',
    message: `nothing was installed: ${what} vouches for ${file}`,
    next: 'the same with --key release-key.json, or with --unsigned',
  });
}

type Placing = { readonly file: string; readonly sha256: string };
type Version = Extract<Program, { readonly kind: 'version' }>;

/** Unpacks it beside the others, whole or not at all; an older one is refused. */
async function place(
  versions: Versions,
  { file, sha256 }: Placing,
): Promise<{ readonly to: Version; readonly version: string }> {
  versions.clearParts();
  const room = statfsSync(versions.base);
  if (room.bavail * room.bsize < UNPACKED * statSync(file).size) throw noRoom(versions.base);
  const part = versions.partFor(sha256.slice(0, 12));
  try {
    if ((await unpack(file, part)) !== sha256) {
      throw refused('upgrade.changed_meanwhile', `${file} was changed meanwhile`);
    }
    const version = versionIn(file, part);
    checkNewer(versions, version);
    chmodSync(part, 0o755);
    const name = `${version}-${sha256.slice(0, 12)}`;
    if (!versions.has(name)) await versions.putInPlace(part, name);
    return { to: { kind: 'version', name }, version };
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function versionIn(file: string, folder: string): string {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const { version } = manifest as { version: string };
    if (compareVersions(version, version) === 0 && existsSync(join(folder, 'bin', 'ioi'))) {
      return version;
    }
  } catch {
    // Said below.
  }
  throw refused('upgrade.no_release', `${file} is no release (npm run release makes one)`);
}

function checkNewer(versions: Versions, version: string): void {
  const now = versionNow(versions);
  const order = compareVersions(version, now) ?? 0;
  if (order >= 0) return;
  const message = `${version} is older than ${now}, which may know of data that it does not`;
  throw new CommandFault({
    exit: 'usage',
    code: 'upgrade.older',
    message: `nothing was installed: ${message}`,
    next: 'ioi upgrade --rollback, for the one before',
  });
}

/** What `ioi backup` makes: it opens with the recovery phrase. */
async function snapshot(
  { home }: Context,
  versions: Versions,
  options: Options,
): Promise<string | undefined> {
  if (options['backup'] === false) return undefined;
  const folder = join(versions.base, 'snapshots');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  const file = join(folder, `before-${stamp}.backup`);
  const passphrase = textOption(options, 'passphraseFile');
  const words = passphrase === undefined ? [] : ['--passphrase-file', passphrase];
  const args = ['backup', '--to', file, ...words];
  const { code, said } = await runProgram([process.execPath, entries.main], args, home.folder);
  if (code === 0) return file;
  throw new CommandFault({
    exit: 'unexpected',
    code: 'upgrade.no_snapshot',
    message: 'nothing was changed: no snapshot could be made',
    lines: said.split('\n').slice(0, 8),
    next: 'with --passphrase-file FILE, or without one: --no-backup',
  });
}

async function goBack(context: Context, versions: Versions): Promise<undefined> {
  const { previous, under_way: cut } = versions.readState();
  const to = cut?.from ?? previous;
  if (to === undefined) throw usageFault('no version was before this one', 'ioi upgrade');
  const from = programNow(versions);
  const words = versions.wordsOf(to);
  await checkStarts(context, words, undefined);
  const wasUp = isUp(context) || cut?.was_up === true;
  await switchProgram(context, { versions, from, to, wasUp });
  const name = to.kind === 'version' ? to.name : to.words.join(' ');
  const lines = [`back to ${visible(name)}: ${wasUp ? 'it runs' : 'the node is down'}`];
  context.output.say(lines, { to, started: wasUp });
  return undefined;
}

function tellVersions({ output }: Context, versions: Versions): undefined {
  const { previous, under_way: cut } = versions.readState();
  const isKeyed = existsSync(versions.keyPath);
  const key = isKeyed ? keyId(releaseKeyIn(versions.keyPath)) : undefined;
  const shown = (program: Program | undefined): string => {
    if (program === undefined) return 'none';
    return visible(versions.wordsOf(program).map(quoted).join(' '));
  };
  const now = programNow(versions);
  const lines = [
    `this      ${readVersion()}`,
    `runs      ${versionNow(versions)}, ${shown(now)}`,
    `before    ${shown(previous)}`,
    `signed by ${key ?? 'no release key is pinned'}`,
    ...(cut === undefined ? [] : ['! a change was cut off', '  next: ioi upgrade --rollback']),
  ];
  const said = { version: versionNow(versions), now, previous, release_key: key, cut_off: cut };
  output.say(lines, said);
  return undefined;
}

function adviseFirst({ output }: Context, versions: Versions): void {
  const program = quoted(join(versions.current, 'bin', 'ioi'));
  output.note('`ioi` in your PATH is still the one before. To have it be the one that runs:');
  output.note(visible(`  ln -sf ${program} ~/.local/bin/ioi`));
  output.note(
    'agents that were connected start the one before: connect them again, from the new one',
  );
}
