import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { processesNaming } from '@ioi/basis/testing';

export type Ran = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** What a person answers, each when the screen asks for it. */
export type Answers = readonly (readonly [asked: RegExp, answer: string])[];

/** Where it lies, and what of this machine is seen there and cannot be changed. */
export type Place = {
  readonly root: string;
  readonly media: string;
  readonly seen?: readonly string[];
};

/** Longer than any command takes on a machine that has other things to do. */
const LONGEST_MS = 300_000;
/** Of this machine a clean one has programs and libraries, and who its accounts are. */
const WALLS = [
  ...['--unshare-net', '--unshare-ipc', '--ro-bind', '/usr', '/usr', '--dev', '/dev'],
  ...['bin', 'sbin', 'lib', 'lib64'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
  ...['passwd', 'group', 'ld.so.cache', 'alternatives'].flatMap((name) => {
    return ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`];
  }),
  // A fresh one would hide places of it, and then no sandbox could be made inside.
  ...['--dev-bind', '/proc', '/proc'],
];

/** Whether a machine can be had here that has no network and sees nothing of this one. */
export function canWall(): boolean {
  return spawnSync('bwrap', [...WALLS, 'true']).status === 0;
}

/** A machine on which nothing was ever installed, and something that is carried between such. */
export class Machine {
  readonly isWalled: boolean;
  /** As programs on it see them. */
  readonly home: string;
  readonly media: string;
  readonly #outside: Required<Place> & { readonly home: string };

  constructor({ root, media, seen = [] }: Place, name: string, isWalled: boolean) {
    const home = join(root, 'home', name);
    for (const each of [home, join(root, 'tmp'), media]) mkdirSync(each, { recursive: true });
    this.isWalled = isWalled;
    this.#outside = { root, home, media, seen };
    this.home = isWalled ? join('/home', name) : home;
    this.media = isWalled ? '/media' : media;
  }

  /** Where something of its home is for those who look from outside. */
  at(...path: readonly string[]): string {
    return join(this.#outside.home, ...path);
  }

  onMedia(...path: readonly string[]): string {
    return join(this.#outside.media, ...path);
  }

  get processes(): readonly number[] {
    return processesNaming(this.home);
  }

  spawn(words: readonly string[]): ChildProcess {
    const { root, media, seen } = this.#outside;
    const { home } = this;
    const env = {
      HOME: home,
      PATH: `${home}/.local/bin:/usr/bin:/bin`,
      LANG: 'C.UTF-8',
      TERM: 'xterm',
      IOI_NOTIFY: 'off',
      MEDIA: this.media,
    };
    if (!this.isWalled) {
      const [program = '', ...rest] = words;
      const own = { ...env, TMPDIR: join(root, 'tmp') };
      return spawn(program, rest, { env: own, cwd: home, timeout: LONGEST_MS });
    }
    const binds = [
      ...['--bind', join(root, 'home'), '/home', '--bind', join(root, 'tmp'), '/tmp'],
      ...seen.flatMap((path) => ['--ro-bind', path, path]),
      ...['--bind', media, '/media', '--chdir', home, '--'],
    ];
    return spawn('bwrap', [...WALLS, ...binds, ...words], { env, timeout: LONGEST_MS });
  }

  async run(...words: readonly string[]): Promise<Ran> {
    const child = this.spawn(words);
    child.stdin?.end();
    return ended(child);
  }

  /** A line of a shell. */
  shell(line: string): Promise<Ran> {
    return this.run('sh', '-c', line);
  }

  /** A line at a terminal, with a person at it; what was on the screen is its output. */
  async typed(line: string, answers: Answers): Promise<Ran> {
    const left = [...answers];
    const ran = await this.attended(line, (unread) => {
      return left[0]?.[0].test(unread) ? left.shift()?.[1] : undefined;
    });
    const [unasked] = left;
    if (unasked === undefined) return ran;
    return { ...ran, stderr: `${ran.stderr}it never asked ${unasked[0].source}\n` };
  }

  /** A line at a terminal, with a person who may answer what was shown since the last answer. */
  attended(line: string, answer: (unread: string) => string | undefined): Promise<Ran> {
    const child = this.spawn(['script', '-qec', line, '/dev/null']);
    let unread = '';
    child.stdout?.on('data', (shown: Buffer) => {
      unread += shown.toString('utf8');
      const given = answer(unread);
      if (given === undefined) return;
      unread = '';
      child.stdin?.write(`${given}\r`);
    });
    return ended(child);
  }

  /** All that ran and lay on it is gone; what was carried away is not. */
  lose(): void {
    for (const pid of this.processes) kill(pid);
    rmSync(this.#outside.root, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess): Promise<Ran> {
  const code = new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  child.stdin?.on('error', () => {});
  const said = Promise.all([child.stdout, child.stderr].map((each) => (each ? text(each) : '')));
  const [stdout = '', stderr = ''] = await said;
  return { code: await code, stdout, stderr };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
