import { existsSync, statSync } from 'node:fs';
import { type Dedicated, ROLES } from '../core/service/dedicated.ts';
import { type Options, textOption } from '../shell/context.ts';
import { readDedicated } from '../shell/dedicated.ts';
import { CommandFault } from '../shell/fault.ts';
import type { Home } from '../shell/home.ts';
import { keepPort, openPageDoor, pageFile } from '../up/page-door.ts';
import { checkPerson, letIn, makeAccounts, removeAccounts } from './accounts.ts';
import { closeHome, handOver, takeBack } from './hand-over.ts';
import { readServiceRecord, type ServiceRecord } from './service-file.ts';

type Where = {
  readonly home: Home;
  readonly service: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

type Given = {
  readonly givenBy: NonNullable<ServiceRecord['givenBy']>;
  readonly lines: readonly string[];
};

/**
 * Makes the accounts of a node, gives each its part of the files, and lets in who is to reach it.
 * Done again it puts right what root has changed since; after a kill it goes on.
 */
export async function dedicate(where: Where, options: Options): Promise<Given> {
  const { home, service, environment } = where;
  const { uid, gid } = statSync(home.folder);
  const isAgain = existsSync(home.folder) && readDedicated(home.folder) !== undefined;
  const givenBy = (isAgain && readServiceRecord(home)?.givenBy) || { uid, gid };
  const person = textOption(options, 'for') ?? environment['SUDO_USER'];
  const isForSomebody = person !== undefined && person !== 'root';
  // Before anything is made: what is refused leaves no half of it.
  if (isForSomebody) await checkPerson(person);
  const reopen = closeHome(home);
  const made = await accountsFor({ home, service }).catch((fault: unknown) => {
    reopen();
    throw fault;
  });
  handOver(home, made);
  const names = ROLES.map((role) => made.accounts[role].name);
  const lines = [`accounts ${names.join(', ')}; each has its part of ${home.folder}`];
  if (isForSomebody) {
    await letIn(person, made.group);
    lines.push(`${person} reaches it from the next log-in on, by the group ${made.group.name}`);
  } else {
    lines.push(`nobody reaches it yet: usermod -aG ${made.group.name} NAME`);
  }
  return { givenBy, lines };
}

async function accountsFor({ home, service }: Pick<Where, 'home' | 'service'>): Promise<Dedicated> {
  const made = await makeAccounts(service);
  return { ...made, origin: await originFor(home) };
}

/** Where its page is from now on: the same as before, where nobody else listens there. */
async function originFor(home: Home): Promise<string> {
  const door = await openPageDoor(home, () => {});
  door.close();
  keepPort(home, Number(new URL(door.origin).port));
  if (existsSync(pageFile(home))) return door.origin;
  const message = 'the port of the page of the guardian cannot be kept';
  throw new CommandFault({ exit: 'unexpected', code: 'page.not_kept', message });
}

export type Undone = { readonly did: readonly string[]; readonly left: readonly string[] };

/** Gives the files back to who had them, and takes the accounts away. */
export async function undedicate(
  home: Home,
  dedicated: Dedicated,
  givenBy: ServiceRecord['givenBy'],
): Promise<Undone> {
  const { uid, gid } = givenBy ?? { uid: 0, gid: 0 };
  takeBack(home, uid, gid);
  const left = await removeAccounts(dedicated);
  const whose = uid === 0 ? 'root' : `account ${uid}`;
  return { did: [`${home.folder} is of ${whose} again, and the accounts are gone`], left };
}

export function accountLines({ accounts, group }: Dedicated): readonly string[] {
  const each = ROLES.map((role) => `${role} ${accounts[role].name}`);
  return [`accounts   ${each.join(', ')}`, `reached by the group ${group.name}`];
}
