import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { accountNames } from '../core/service/dedicated.ts';

const PERSON = /^ioit([0-9]+)$/;
const SERVICE = /^ioi-[0-9a-f]{8}$/;

/** The account of the person of a test, by the process that runs it. */
export function personOf(pid: number): string {
  return `ioit${pid}`;
}

/**
 * Takes away what a test with accounts of its own left when it was killed: what runs by them, the
 * accounts, their group and the unit. What a test that still runs has made is left alone.
 */
export function clearLeftAccounts(): readonly string[] {
  const people = namesIn('/etc/passwd').filter((name) => {
    const [, pid] = PERSON.exec(name) ?? [];
    return pid !== undefined && !isAlive(Number(pid));
  });
  for (const person of people) {
    for (const service of groupsOf(person).filter((name) => SERVICE.test(name))) clear(service);
    spawnSync('userdel', [person]);
  }
  return people;
}

function clear(service: string): void {
  const accounts = Object.values(accountNames(service) ?? {});
  for (const account of accounts) spawnSync('pkill', ['-KILL', '-u', account]);
  for (const account of accounts) spawnSync('userdel', ['--force', account]);
  spawnSync('groupdel', [service]);
  rmSync(`/etc/systemd/system/${service}.service`, { force: true });
}

function groupsOf(person: string): readonly string[] {
  return spawnSync('id', ['-nG', person], { encoding: 'utf8' }).stdout.trim().split(' ');
}

function namesIn(file: string): readonly string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':')[0] ?? '');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
