import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dedicated, ROLES } from '../core/service/dedicated.ts';
import { CommandFault, messageOf } from './fault.ts';

const NAME = 'dedicated.json';
const FORMAT = 'ioi-dedicated/1';
const OF_OTHERS = 0o022;

/** Where it stands whose the parts of a node are. */
export function dedicatedPath(folder: string): string {
  return join(folder, NAME);
}

export function dedicatedText(dedicated: Dedicated): string {
  return `${JSON.stringify({ format: FORMAT, ...dedicated }, null, 2)}\n`;
}

/**
 * Whose the node in a folder is, where it runs by accounts of its own; undefined for one that runs
 * by the account of whoever made it. Root alone says so: another's word would send commands to
 * other sockets.
 */
export function readDedicated(folder: string): Dedicated | undefined {
  const path = dedicatedPath(folder);
  let text: string;
  try {
    text = ofRootAlone(path);
  } catch (fault) {
    if (fault instanceof CommandFault) throw fault;
    const { code } = fault as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES') throw notMember(folder);
    throw damaged(path, messageOf(fault));
  }
  try {
    const { format, ...dedicated } = JSON.parse(text) as Dedicated & { readonly format: unknown };
    const isWhole = ROLES.every((role) => Number(dedicated.accounts[role].uid) > 0);
    if (format === FORMAT && isWhole && dedicated.group.gid > 0) return dedicated;
  } catch {
    // Said below, like any other file that is not ours.
  }
  throw damaged(path, 'it does not say whose the node is');
}

/** What is looked at is what is read: in a folder of others a name is soon another file's. */
function ofRootAlone(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const about = fstatSync(file);
    if (!about.isFile() || about.uid !== 0 || (about.mode & OF_OTHERS) !== 0) {
      throw damaged(path, 'root alone may write it');
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Refuses what would go by this account where the node has accounts of its own. */
export function refuseDedicated(folder: string, next: string): void {
  if (readDedicated(folder) === undefined) return;
  const message = `the node in ${folder} runs by accounts of its own`;
  throw new CommandFault({ exit: 'usage', code: 'node.dedicated', message, next });
}

/** What a fault of the file system means in the folder of such a node; undefined elsewhere. */
export function dedicatedFault(folder: string, fault: unknown): CommandFault | undefined {
  const { code, path = '' } = Object(fault) as NodeJS.ErrnoException;
  const isClosed = code === 'EACCES' || code === 'EPERM';
  if (!isClosed || !`${path}/`.startsWith(`${folder}/`)) return undefined;
  const message = `${path} belongs to the accounts of the node, and not to yours`;
  const next = `the same with: sudo IOI_HOME=${folder} ioi …`;
  return new CommandFault({ exit: 'authority', code: 'node.dedicated', message, next });
}

function notMember(folder: string): CommandFault {
  const message = `${folder} is closed to this account`;
  const next = 'log in again once you are in its group: ls -ld shows which, id shows yours';
  return new CommandFault({ exit: 'authority', code: 'node.closed', message, next });
}

function damaged(path: string, why: string): CommandFault {
  const message = `${path} is not believed: ${why}`;
  const next = 'sudo ioi service install --dedicated-user, which writes it again';
  return new CommandFault({ exit: 'unexpected', code: 'node.dedicated_damaged', message, next });
}
