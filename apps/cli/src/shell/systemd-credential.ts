import { readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brokenCredentials } from '../core/systemd-credentials.ts';
import { CommandFault, messageOf } from './fault.ts';
import { runQuiet } from './run-quiet.ts';

/** As units name it: `LoadCredentialEncrypted=ioi-vault-key:FILE`. */
export const CREDENTIAL = 'ioi-vault-key';

/** The key that systemd gave this unit, in base64, once it is seen that systemd did. */
export function readSystemdCredential(folder: string | undefined): string {
  if (folder === undefined || folder === '') {
    throw refused('this process was started by no unit that has credentials');
  }
  try {
    const { uid: owner, mode } = statSync(folder);
    const filesystem = statfsSync(folder).type;
    const cgroup = readFileSync('/proc/self/cgroup', 'utf8');
    const account = process.getuid?.() ?? -1;
    const seen = { folder, owner, mode: mode & 0o777, filesystem, account, cgroup };
    const broken = brokenCredentials(seen);
    if (broken !== undefined) throw refused(`${folder} is not of systemd: ${broken}`);
    return readFileSync(join(folder, CREDENTIAL), 'utf8').trim();
  } catch (fault) {
    if (fault instanceof CommandFault) throw fault;
    throw refused(messageOf(fault));
  }
}

/** Has systemd seal a key into a file of its own, and open it again: else nothing is changed. */
export async function sealSystemdCredential(file: string, key: string): Promise<void> {
  const name = `--name=${CREDENTIAL}`;
  const sealed = await runQuiet('systemd-creds', ['encrypt', name, '-', file], key);
  if (sealed.isMissing) throw refused('there is no systemd-creds here');
  if (sealed.code !== 0) throw refused(`systemd-creds encrypts nothing: ${sealed.said}`);
  const opened = await runQuiet('systemd-creds', ['decrypt', name, file, '-'], '');
  if (opened.code !== 0 || opened.out !== key) {
    throw refused(`systemd-creds does not open what it sealed: ${opened.said}`);
  }
}

function refused(message: string): CommandFault {
  const next = 'ioi wallet unlock, or: ioi wallet unattended file';
  return new CommandFault({ exit: 'unexpected', code: 'systemd.refused', message, next });
}
