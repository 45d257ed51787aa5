import { readFileSync } from 'node:fs';
import {
  type Account,
  type AccountRole,
  accountCommand,
  accountNames,
  type Dedicated,
  ROLES,
} from '../core/service/dedicated.ts';
import { CommandFault, usageFault } from '../shell/fault.ts';
import { runWords } from './service-facts.ts';

type Group = Dedicated['group'];
type Made = Pick<Dedicated, 'accounts' | 'group'>;

/** What `getent` ends with where there is none of the name. */
const NONE = 2;
/** Below it are accounts of the system, where nothing else was configured (login.defs). */
const FIRST_PERSON = 1000;

/**
 * The accounts and the group of a service, made where they are not there. One that is there and is
 * not like those made here is somebody else's, and nothing is done.
 */
export async function makeAccounts(service: string): Promise<Made> {
  const names = namesOf(service);
  const found = new Map<AccountRole, Account>();
  const group = await groupNamed(service);
  for (const role of ROLES) {
    const account = await accountNamed(names[role], group?.gid);
    if (account !== undefined) found.set(role, account);
  }
  if (group === undefined) await mustRun(['groupadd', '--system', service]);
  const gid = group?.gid ?? (await groupNamed(service))?.gid;
  if (gid === undefined) throw notMade(service, 'groupadd made none');
  for (const role of ROLES) {
    if (!found.has(role)) await mustRun(accountCommand(names[role], service));
    const made = found.get(role) ?? (await accountNamed(names[role], gid));
    if (made === undefined) throw notMade(names[role], 'useradd made none');
    found.set(role, made);
  }
  const accounts = Object.fromEntries(found) as Record<AccountRole, Account>;
  if (new Set(ROLES.map((role) => accounts[role].uid)).size === ROLES.length) {
    return { accounts, group: { name: service, gid } };
  }
  throw taken(service, 'two of them have one number');
}

/** Those that can be taken away are; which cannot is said. */
export async function removeAccounts({ accounts, group }: Made): Promise<readonly string[]> {
  const left: string[] = [];
  for (const role of ROLES) {
    const { name } = accounts[role];
    const { code, said } = await runOfSystem(['userdel', name]);
    if (code !== 0) left.push(`the account ${name} stays: ${said.trim()}`);
  }
  // Where the group goes with the last account there is none left to take away.
  if ((await groupNamed(group.name)) === undefined) return left;
  const { code, said } = await runOfSystem(['groupdel', group.name]);
  if (code !== 0) left.push(`the group ${group.name} stays: ${said.trim()}`);
  return left;
}

export async function checkPerson(person: string): Promise<void> {
  const { code } = await runOfSystem(['getent', 'passwd', '--', person]);
  if (code !== 0) throw usageFault(`there is no account ${person}`, '--for NAME');
}

/** Lets somebody reach the node; from their next log-in on. */
export async function letIn(person: string, group: Group): Promise<void> {
  await mustRun(['usermod', '--append', '--groups', group.name, person]);
}

async function groupNamed(name: string): Promise<Group | undefined> {
  const [fields] = await entry('group', name);
  if (fields === undefined) return undefined;
  const gid = Number(fields[2]);
  if (gid > 0 && gid < firstPerson('GID_MIN')) return { name, gid };
  throw taken(name, 'it is the group of a person');
}

async function accountNamed(name: string, gid: number | undefined): Promise<Account | undefined> {
  const [fields] = await entry('passwd', name);
  if (fields === undefined) return undefined;
  const [, , uid, group, , , shell = ''] = fields;
  const isOurs = Number(group) === gid && /\/(nologin|false)$/.test(shell);
  const isOfSystem = Number(uid) > 0 && Number(uid) < firstPerson('UID_MIN');
  if (isOurs && isOfSystem) return { name, uid: Number(uid) };
  throw taken(name, 'it has another group, a shell, or the number of a person');
}

async function entry(of: 'passwd' | 'group', name: string): Promise<readonly string[][]> {
  const { code, out, said } = await runOfSystem(['getent', of, name]);
  if (code === NONE) return [];
  if (code !== 0) throw notMade(name, said.trim() === '' ? 'getent is not here' : said.trim());
  return [out.trim().split(':')];
}

/** As the system says it, else as most do. */
function firstPerson(name: 'UID_MIN' | 'GID_MIN'): number {
  try {
    const [, value] =
      new RegExp(`^${name}\\s+([0-9]+)`, 'm').exec(readFileSync(DEFINITIONS, 'utf8')) ?? [];
    return value === undefined ? FIRST_PERSON : Number(value);
  } catch {
    return FIRST_PERSON;
  }
}

const DEFINITIONS = '/etc/login.defs';

function namesOf(service: string): Record<AccountRole, string> {
  const names = accountNames(service);
  if (names !== undefined) return names;
  throw usageFault(`${service} is too long for the name of an account`);
}

/** The system's own programs, wherever the PATH of whoever called leads. */
function runOfSystem(words: readonly string[]): ReturnType<typeof runWords> {
  return runWords(['/usr/bin/env', `PATH=${OF_SYSTEM}`, ...words]);
}

const OF_SYSTEM = '/usr/sbin:/usr/bin:/sbin:/bin';

async function mustRun(words: readonly string[]): Promise<void> {
  const { code, said } = await runOfSystem(words);
  if (code !== 0) throw notMade(words.at(-1) ?? '', `${words[0]}: ${said.trim() || code}`);
}

function notMade(name: string, why: string): CommandFault {
  const message = `the account or group ${name} cannot be made here: ${why}`;
  const next = 'make it as docs/guides/service.md says, then the same again';
  return new CommandFault({ exit: 'unexpected', code: 'service.no_accounts', message, next });
}

function taken(name: string, why: string): CommandFault {
  const message = `${name} is there already, and not of a node: ${why}`;
  const next = 'rename it, or install with another IOI_HOME, whose accounts have other names';
  return new CommandFault({ exit: 'usage', code: 'service.account_taken', message, next });
}
