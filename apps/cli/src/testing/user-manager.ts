import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@ioi/basis/testing';

const MANAGER = '/lib/systemd/systemd';

/**
 * A systemd of an account of its own, in a mount namespace where this machine looks booted by
 * systemd. It is the real one: what it reads and starts is what it would on any machine.
 */
export class UserManager {
  readonly #child: ChildProcess;
  /** What leads commands to it. */
  readonly environment: Readonly<Record<string, string>>;

  private constructor(child: ChildProcess, environment: Readonly<Record<string, string>>) {
    this.#child = child;
    this.environment = environment;
  }

  /** Why it cannot be here; undefined where it can. */
  static missing(): string | undefined {
    if (!existsSync(MANAGER)) return 'there is no systemd on this machine';
    const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 't', '/run/systemd']);
    return tried.status === 0 ? undefined : 'mount namespaces are not permitted here';
  }

  static async start(folder: string): Promise<UserManager> {
    const home = join(folder, 'person');
    const runtime = join(folder, 'runtime');
    const programs = join(folder, 'programs');
    for (const each of [home, runtime, programs]) mkdirSync(each, { recursive: true, mode: 0o700 });
    const env = { HOME: home, XDG_RUNTIME_DIR: runtime, PATH: '/usr/bin:/bin' };
    const booted = 'mount -t tmpfs t /run/systemd && mkdir /run/systemd/system';
    const script = `${booted} && exec ${MANAGER} --user`;
    const options = { env, stdio: 'ignore' } as const;
    const child = spawn('unshare', ['--mount', 'sh', '-c', script], options);
    const within = `nsenter --mount --target ${child.pid} /usr/bin/systemctl`;
    writeFileSync(join(programs, 'systemctl'), `#!/bin/sh\nexec ${within} "$@"\n`);
    chmodSync(join(programs, 'systemctl'), 0o755);
    const environment = { ...env, PATH: `${programs}:/usr/bin:/bin` };
    const manager = new UserManager(child, environment);
    await until('the service manager answers', () => {
      return manager.systemctl('show', '--property=Version').status === 0 || undefined;
    });
    return manager;
  }

  systemctl(...args: readonly string[]): { readonly status: number | null; readonly out: string } {
    const { status, stdout } = spawnSync('systemctl', ['--user', ...args], {
      env: this.environment,
      encoding: 'utf8',
    });
    return { status, out: stdout };
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.systemctl('exit');
    const forced = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    await ended;
    clearTimeout(forced);
  }
}
