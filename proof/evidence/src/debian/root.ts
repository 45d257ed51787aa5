import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type Ran = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

const SUITE = 'bookworm';
/** The account that has the node, and the one that a container runs by. */
export const ADA = { name: 'ada', uid: 1000 } as const;
export const IN_CONTAINER = 10001;
const LONGEST_MS = 600_000;
const OUTPUT = 64 * 2 ** 20;
/** As long as whoever started it holds the other end. */
const IDLE = 'echo ready; exec cat';

/** Why no Debian can be made here; undefined where one can be tried. */
export function whyNoDebian(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root to make a Debian';
  const needed = ['debootstrap', 'dpkg-deb', 'bwrap', 'setpriv', 'unshare'];
  const missing = needed.filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) return `there is no ${missing.join(', ')} (apt-get install)`;
  const tried = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true']);
  return tried.status === 0 ? undefined : 'no namespaces can be made here';
}

/**
 * A Debian of its smallest kind in a folder. What is installed comes from the mirror of this
 * machine; from `cutOff` on it is a machine without a network, whose processes end with its holder.
 */
export class DebianRoot {
  readonly folder: string;
  #holder: ChildProcess | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Why not, where the mirror is out of reach. */
  make(): string | undefined {
    const made = spawnSync('debootstrap', ['--variant=minbase', SUITE, this.folder], {
      encoding: 'utf8',
      timeout: LONGEST_MS,
      maxBuffer: OUTPUT,
    });
    if (made.status !== 0) {
      return `debootstrap ended with ${made.status}: ${made.stdout.trim().split('\n').at(-1)}`;
    }
    for (const name of ['resolv.conf', 'hosts']) {
      const from = join('/etc', name);
      if (existsSync(from)) cpSync(from, this.at('etc', name), { dereference: true });
    }
    this.must('useradd', '--create-home', '--uid', String(ADA.uid), ADA.name);
    mkdirSync(this.at('media'), { recursive: true });
    return undefined;
  }

  at(...path: readonly string[]): string {
    return join(this.folder, ...path);
  }

  /** As root, with the network as long as it was not cut off. */
  asRoot(...words: readonly string[]): Ran {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive' };
    return this.#run([...this.#entering(), 'chroot', this.folder, ...words], env);
  }

  must(...words: readonly string[]): string {
    const { code, stdout, stderr } = this.asRoot(...words);
    if (code === 0) return stdout;
    throw new Error(`\`${words.join(' ')}\` ended with ${code}: ${stderr.trim()}`);
  }

  /** Goes on until it is told to stop. */
  spawnAsRoot(env: Record<string, string>, ...words: readonly string[]): ChildProcess {
    const [program = '', ...rest] = [...this.#entering(), 'chroot', this.folder, ...words];
    return spawn(program, rest, { env, stdio: 'ignore' });
  }

  /** From now on it has no network and its own processes, of which it shows nothing else. */
  async cutOff(): Promise<void> {
    const mounts = [
      `mount -t proc proc "${this.at('proc')}"`,
      `mount --rbind /dev "${this.at('dev')}"`,
      'ip link set lo up 2>/dev/null || true',
    ];
    const script = [...mounts, IDLE].join('; ');
    const words = ['--net', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', script];
    const holder = spawn('unshare', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (holder.stdout === null) throw new Error('it has no output');
    const lines = createInterface({ input: holder.stdout });
    await Promise.race([once(lines, 'line'), once(holder, 'exit')]);
    if (holder.exitCode !== null) throw new Error('a machine without a network did not start');
    this.#holder = holder;
  }

  /** By the account that has the node, with what a log-in gives it. */
  asAda(...words: readonly string[]): Ran {
    const [program = '', ...rest] = this.#wordsOfAda(words);
    return this.#run([program, ...rest], {});
  }

  spawnAsAda(...words: readonly string[]): ChildProcess {
    const [program = '', ...rest] = this.#wordsOfAda(words);
    return spawn(program, rest, { env: {} });
  }

  /**
   * The same installation as a container has it: nothing of its root can be written, `data` is its
   * one volume, and its account is nobody else's.
   */
  spawnContained(data: string, ...words: readonly string[]): ChildProcess {
    const walls = [
      ...['--ro-bind', this.folder, '/', '--bind', data, '/data', '--tmpfs', '/tmp'],
      ...['--dev', '/dev', '--proc', '/proc', '--unshare-all', '--die-with-parent'],
      ...['--chdir', '/data', '--clearenv', '--setenv', 'PATH', '/usr/bin:/bin'],
      ...['--setenv', 'IOI_HOME', '/data/node', '--setenv', 'HOME', '/data', '--'],
    ];
    const by = ['--reuid', String(IN_CONTAINER), '--regid', String(IN_CONTAINER)];
    const bounded = [...by, '--clear-groups', '--no-new-privs', 'bwrap', ...walls];
    return spawn('setpriv', [...bounded, ...words], { env: process.env });
  }

  async close(): Promise<void> {
    const holder = this.#holder;
    if (holder === undefined) return;
    this.#holder = undefined;
    holder.kill('SIGKILL');
    if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
  }

  #wordsOfAda(words: readonly string[]): readonly string[] {
    const home = `/home/${ADA.name}`;
    const userspec = `--userspec=${ADA.uid}:${ADA.uid}`;
    const env = [`HOME=${home}`, 'PATH=/usr/bin:/bin', 'LANG=C.UTF-8', 'IOI_NOTIFY=off'];
    const inside = ['env', '-i', ...env, 'sh', '-c', 'cd && exec "$@"', 'sh', ...words];
    return [...this.#entering(), '/usr/sbin/chroot', userspec, this.folder, ...inside];
  }

  #entering(): readonly string[] {
    const pid = this.#holder?.pid;
    if (pid === undefined) return ['/usr/bin/env'];
    const of = (name: string): string => `/proc/${pid}/ns/${name}`;
    const spaces = [`--net=${of('net')}`, `--mount=${of('mnt')}`];
    return ['/usr/bin/nsenter', ...spaces, `--pid=${of('pid_for_children')}`, '--'];
  }

  #run([program = '', ...rest]: readonly string[], env: Record<string, string>): Ran {
    const options = { env, encoding: 'utf8', timeout: LONGEST_MS, maxBuffer: OUTPUT } as const;
    const { status, stdout, stderr } = spawnSync(program, rest, options);
    return { code: status, stdout, stderr };
  }
}
