import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { openOnTheWay } from '@ioi/folders';
import { quoted } from '../core/next-steps.ts';
import { type Dedicated, FILE_MODE, HOME_MODE, PLACES } from '../core/service/dedicated.ts';
import { dedicatedPath, dedicatedText } from '../shell/dedicated.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { fitDedicated, type Home, MACHINE } from '../shell/home.ts';
import { entries, installedCode } from '../shell/installation.ts';
import { runningPid } from '../shell/lock.ts';

/** Names below what is looked at of the program; more is no installation of ours. */
const MOST_FILES = 200_000;

/**
 * Refuses what would make the walls between accounts worth nothing: a folder or a program that
 * somebody else than root can replace, since root starts the one with the other.
 */
export function checkPlaces(home: Home): void {
  if (process.getuid?.() !== 0) {
    throw usageFault(
      'accounts are made by root',
      'sudo IOI_HOME=… ioi service install --dedicated-user',
    );
  }
  if (existsSync(join(home.cluster, 'member.json'))) {
    const message = 'a node that is one of several takes over by its own account';
    throw refusal('service.no_dedicated_cluster', message, 'ioi service install --system');
  }
  if (existsSync(home.next)) {
    throw refusal(
      'service.unfinished',
      `${home.next} waits to be put in place`,
      'ioi up, then ioi down',
    );
  }
  const way = openOnTheWay(dirname(home.folder));
  if (way !== undefined || lstatSync(home.folder).isSymbolicLink()) {
    const why = way ?? 'it is a link';
    const place = `in the place of ${home.folder}: ${why}`;
    const message = `others than root can put another folder ${place}`;
    const move = `sudo mv ${quoted(home.folder)} ${MACHINE}`;
    const next = `ioi down; ${move}; sudo IOI_HOME=${MACHINE} ioi service install --dedicated-user`;
    throw refusal('service.folder_open', message, next);
  }
  if (!fitDedicated(home)) throw usageFault(`${home.folder} is too long for a socket`);
  const pid = runningPid(home);
  if (pid !== undefined) {
    const message = `process ${pid} runs the node, whose files are to be given away`;
    throw refusal('node.already_up', message, 'stop it (ioi down, or systemctl stop), then again');
  }
  checkProgram();
}

function checkProgram(): void {
  for (const path of [process.execPath, entries.main].map((each) => realpathSync(each))) {
    const open = openOnTheWay(path);
    if (open !== undefined) throw openProgram(open);
  }
  const seen = new Set<string>();
  const look = (path: string): void => {
    if (seen.has(path)) return;
    // What was not looked through is not started by root.
    if (seen.size > MOST_FILES)
      throw openProgram(`more than ${MOST_FILES} files, the last ${path}`);
    seen.add(path);
    const about = lstatSync(path);
    const isOpen = !about.isSymbolicLink() && (about.mode & 0o022) !== 0;
    if (about.uid !== 0 || isOpen) throw openProgram(path);
    if (about.isDirectory()) for (const name of readdirSync(path)) look(join(path, name));
  };
  for (const path of installedCode()) look(realpathSync(path));
}

/** Gives each part of a node to its account, root keeping what none of them may replace. */
export function handOver(home: Home, dedicated: Dedicated): void {
  const { accounts, group } = dedicated;
  const known = new Map(PLACES.map((place) => [place.name, place]));
  closeHome(home);
  for (const name of known.keys()) mkdirSync(join(home.folder, name), { recursive: true });
  for (const name of readdirSync(home.folder)) {
    const path = join(home.folder, name);
    const place = known.get(name);
    const uid = place?.role === undefined ? 0 : accounts[place.role].uid;
    giveTree(path, uid, group.gid);
    if (lstatSync(path).isDirectory()) chmodSync(path, place?.mode ?? 0o700);
    else if (lstatSync(path).isFile()) chmodSync(path, FILE_MODE);
  }
  for (const name of readdirSync(home.policies)) chmodSync(join(home.policies, name), FILE_MODE);
  lchownSync(home.folder, 0, group.gid);
  const path = dedicatedPath(home.folder);
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, dedicatedText(dedicated), { mode: FILE_MODE, flag: 'wx' });
  lchownSync(`${path}.new`, 0, group.gid);
  renameSync(`${path}.new`, path);
  // Last: while it is being given away nobody else gets in.
  chmodSync(home.folder, HOME_MODE);
}

/**
 * Nobody but root enters it from here on, until what it gives is called. Root opens by name what
 * lies in it, and in the folders that stay root's: a link there would lead root elsewhere.
 */
export function closeHome(home: Home): () => void {
  const ofRoot = PLACES.filter(({ role }) => role === undefined).map(({ name }) => name);
  const closed: [string, Stats][] = [];
  const reopen = (): void => {
    for (const [path, { uid, gid, mode }] of closed.reverse()) {
      lchownSync(path, uid, gid);
      chmodSync(path, mode & 0o7777);
    }
  };
  try {
    for (const folder of ['', ...ofRoot].map((name) => join(home.folder, name))) {
      const about = lstatSync(folder, { throwIfNoEntry: false });
      if (about === undefined) continue;
      closed.push([folder, about]);
      closeFolder(folder);
      for (const name of readdirSync(folder)) checkEntry(join(folder, name), home);
    }
    return reopen;
  } catch (fault) {
    reopen();
    throw fault;
  }
}

function checkEntry(path: string, home: Home): void {
  const about = lstatSync(path);
  const isPlace = PLACES.some(({ name }) => path === join(home.folder, name));
  if (about.isDirectory() || (!isPlace && isAlone(about))) return;
  const message = `${path} is a link or no plain file, and root is not led by it`;
  throw refusal('service.link', message, 'look at it, and move it away');
}

function isAlone(about: Stats): boolean {
  return about.isFile() && about.nlink === 1;
}

/** All of it to one account again, closed to every other. */
export function takeBack(home: Home, uid: number, gid: number): void {
  closeFolder(home.folder);
  rmSync(dedicatedPath(home.folder), { force: true });
  giveTree(home.folder, uid, gid);
}

const FRESH = '.ioi-given';

/**
 * Links themselves, and what is theirs alone: a second name of another's file is not given. Each
 * folder is root's alone before it is looked into, so nobody swaps a part of it for a link.
 */
function giveTree(path: string, uid: number, gid: number): void {
  const about = lstatSync(path);
  if (about.isFile() && about.nlink > 1 && about.uid !== uid) {
    const message = `${path} has a second name elsewhere, and is not given to another account`;
    const next = `find it (find / -inum ${about.ino}), and remove one`;
    throw refusal('service.second_name', message, next);
  }
  if (about.isDirectory()) {
    closeFolder(path);
    for (const name of readdirSync(path)) giveTree(join(path, name), uid, gid);
  } else if (about.isFile() && about.uid !== uid) {
    // Whoever has it open still writes to what it was, and not to what is given.
    rmSync(`${path}${FRESH}`, { force: true });
    copyFileSync(path, `${path}${FRESH}`, constants.COPYFILE_EXCL);
    renameSync(`${path}${FRESH}`, path);
  }
  lchownSync(path, uid, gid);
}

function closeFolder(path: string): void {
  lchownSync(path, 0, 0);
  chmodSync(path, 0o700);
}

function openProgram(path: string): CommandFault {
  const message = `root is to start this program, and others can change it: ${path}`;
  const next =
    'install it for the machine (the Debian package, or npm as root), then the same again';
  return refusal('service.program_open', message, next);
}

function refusal(code: string, message: string, next: string): CommandFault {
  return new CommandFault({ exit: 'usage', code, message, next });
}
