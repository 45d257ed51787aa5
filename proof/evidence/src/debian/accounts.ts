import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { until } from '@ioi/basis/testing';
import type { DebianRoot } from './root.ts';

const NODE = '/var/lib/ioi';
const SERVICE = 'ioi-node';
const UNIT = `etc/systemd/system/${SERVICE}.service`;
const ENV = { IOI_HOME: NODE, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', IOI_NOTIFY: 'off' };
const PASSPHRASE = ['--passphrase-file', '/root/passphrase'];

/** A node of the machine with accounts of its own, started by the words of its unit. */
export async function accounts(root: DebianRoot): Promise<void> {
  const ioi = (...args: string[]): string => root.must('env', `IOI_HOME=${NODE}`, 'ioi', ...args);
  const asAda = (...words: string[]) => root.asAda('env', `IOI_HOME=${NODE}`, ...words);
  writeFileSync(root.at('root/passphrase'), 'correct horse battery\n', { mode: 0o600 });
  root.must('mkdir', '-p', '/srv/project');
  ioi('init', '--workspace', '/srv/project', '--phrase-out', '/root/phrase', ...PASSPHRASE);
  ioi('service', 'install', '--dedicated-user', '--no-start', '--for', 'ada');
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(readFileSync(root.at(UNIT), 'utf8')) ?? [];
  const words = command.split('" "').map((each) => each.replaceAll('"', ''));
  const bounded = ['setpriv', '--bounding-set=-all,+setuid,+setgid,+kill', '--no-new-privs', '--'];
  const child = root.spawnAsRoot(ENV, ...bounded, ...words);
  const ended = once(child, 'exit');
  try {
    const said = await until('it answers', () => {
      const { code, stdout } = asAda('ioi', 'status', '--json');
      return code === 0 ? JSON.parse(stdout) : undefined;
    });
    hold(said.isolation_tier === 'separated', `it says that it is ${said.isolation_tier}`);
    hold(said.isolation_here.state === 'apart', JSON.stringify(said.isolation_here));
    for (const part of ['guardian/seal.key', 'guardian', 'data', 'logs']) {
      const opened = asAda('ls', '-la', `${NODE}/${part}/`).code === 0;
      hold(!opened && asAda('cat', `${NODE}/${part}`).code !== 0, `ada opens ${part}`);
    }
    hold(asAda('ioi', 'down').code === 2, 'ada stops it');
  } finally {
    // By its own words: what stands between it and here passes no signal on.
    root.asRoot('sh', '-c', `for each in /proc/[0-9]*; do ${STOP}; done`);
    await ended;
  }
  ioi('service', 'remove');
  hold(!existsSync(root.at(UNIT)), 'its unit stays');
  const left = root.asRoot('getent', 'passwd', SERVICE, `${SERVICE}-guardian`, `${SERVICE}-daemon`);
  hold(left.stdout === '', `accounts stay: ${left.stdout}`);
  root.must('rm', '-r', NODE);
}

/** Of root's processes the one that was started as `up`. */
const STOP = [
  'test "$(stat -c %u $each 2>/dev/null)" = 0',
  'tr "\\0" " " < $each/cmdline 2>/dev/null | grep -q "main[.][jt]s up $"',
  'kill $(basename $each)',
].join(' && ');

function hold(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}
