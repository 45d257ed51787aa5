import type { Options } from './options.ts';

/** A program that starts the one named behind its options. */
export type Wrapper = Options & {
  /** Operands of its own before it. */
  readonly operands?: number;
  /** Variables may be set before it. */
  readonly setsVariables?: true;
  /** What it starts has the effect it has by itself, so that only this one is looked at. */
  readonly isTransparent?: true;
  /** What stands there is put together and read by a shell. */
  readonly isScript?: true;
  /** More words are added to it, from elsewhere. */
  readonly addsWords?: true;
};

const CONTAINER: Wrapper = {
  flags: 'ditPq',
  values: 'vpewuhlmc',
  longFlags: ['detach', 'init', 'interactive', 'privileged', 'read-only', 'rm', 'tty'],
  longValues: ['env', 'name', 'network', 'platform', 'publish', 'user', 'volume', 'workdir'],
  operands: 1,
};
const PACKAGE: Wrapper = {
  flags: 'yq',
  values: 'p',
  longFlags: ['no', 'quiet', 'yes'],
  longValues: ['package'],
};
const PLAIN: Wrapper = { flags: '' };
const SAME: Wrapper = { isTransparent: true };

/** By name, or by name and first word. */
export const wrappers: Readonly<Record<string, Wrapper>> = {
  'bun x': PLAIN,
  'bundle exec': PLAIN,
  bunx: PACKAGE,
  busybox: SAME,
  caffeinate: { ...SAME, flags: 'disum', values: 'tw' },
  chronic: SAME,
  chroot: { operands: 1, longValues: ['groups', 'userspec'], longFlags: ['skip-chdir'] },
  chrt: { ...SAME, flags: 'abdfimorRv', operands: 1 },
  'docker exec': CONTAINER,
  'docker run': CONTAINER,
  doas: { flags: 'Lns', values: 'aCu' },
  env: {
    ...SAME,
    flags: 'i0v',
    values: 'u',
    longFlags: ['debug', 'ignore-environment', 'null'],
    longValues: ['unset'],
    setsVariables: true,
  },
  flock: { flags: 'sxnuoFv', values: 'wE', operands: 1 },
  gtimeout: {
    ...SAME,
    flags: 'fpv',
    values: 'ks',
    longFlags: ['foreground', 'preserve-status', 'verbose'],
    longValues: ['kill-after', 'signal'],
    operands: 1,
  },
  ionice: { ...SAME, flags: 't', values: 'cn' },
  nice: { ...SAME, flags: '#', values: 'n', longValues: ['adjustment'] },
  nohup: SAME,
  'npm exec': PACKAGE,
  'npm x': PACKAGE,
  npx: PACKAGE,
  'pipenv run': PLAIN,
  'pipx run': PLAIN,
  'pnpm dlx': PLAIN,
  'pnpm exec': PLAIN,
  pnpx: PACKAGE,
  'podman exec': CONTAINER,
  'podman run': CONTAINER,
  'poetry run': PLAIN,
  setsid: { ...SAME, flags: 'cfw' },
  ssh: {
    flags: '46AaCfGgKkMNnqsTtVvXxYy',
    values: 'BbcDEeIiJLlmOpQRSWw',
    operands: 1,
    isScript: true,
  },
  sshpass: { flags: 'ehvV', values: 'dfpP' },
  stdbuf: { ...SAME, values: 'ioe', longValues: ['error', 'input', 'output'] },
  strace: { flags: 'cCdfFhiqrtTvVxy', values: 'aeEIoOpPsSu' },
  sudo: {
    flags: 'AbEHknPS',
    values: 'CDghpRrTtUu',
    longFlags: ['non-interactive', 'preserve-env', 'set-home', 'stdin'],
    longValues: ['chdir', 'group', 'host', 'prompt', 'user'],
    setsVariables: true,
  },
  taskset: { ...SAME, flags: 'ac', operands: 1 },
  time: { ...SAME, flags: 'pvql', values: 'f', longFlags: ['portability', 'verbose'] },
  timeout: {
    ...SAME,
    flags: 'fpv',
    values: 'ks',
    longFlags: ['foreground', 'preserve-status', 'verbose'],
    longValues: ['kill-after', 'signal'],
    operands: 1,
  },
  toybox: SAME,
  unbuffer: { ...SAME, flags: 'p' },
  unshare: { flags: 'CimnprTuUf' },
  uvx: PLAIN,
  'uv run': PLAIN,
  watch: {
    ...SAME,
    flags: 'bcdegptwx',
    values: 'nq',
    longFlags: ['color', 'differences', 'errexit', 'exec', 'no-title', 'precise'],
    longValues: ['interval'],
    isScript: true,
  },
  xargs: {
    flags: '0rtxpo',
    values: 'adEILnPs',
    longFlags: ['exit', 'interactive', 'no-run-if-empty', 'null', 'open-tty', 'verbose'],
    longValues: ['arg-file', 'delimiter', 'max-args', 'max-chars', 'max-lines', 'max-procs'],
    addsWords: true,
  },
  'yarn dlx': PLAIN,
  'yarn exec': PLAIN,
};

/** Programs of which some first words are wrappers. */
export const wrappedFirst: ReadonlySet<string> = new Set(
  Object.keys(wrappers).flatMap((name) => (name.includes(' ') ? [name.split(' ')[0] ?? ''] : [])),
);

export const shells: readonly string[] = [
  'ash',
  'bash',
  'dash',
  'ksh',
  'mksh',
  'posh',
  'rbash',
  'sh',
  'yash',
  'zsh',
];

/** Programs that run a program text of their own; without a file it comes from elsewhere. */
export function isInterpreter(name: string): boolean {
  return INTERPRETERS.has(name.replace(/[0-9.]+$/, ''));
}

const INTERPRETERS: ReadonlySet<string> = new Set([
  'bun',
  'deno',
  'elixir',
  'groovy',
  'guile',
  'iex',
  'ipython',
  'irb',
  'java',
  'jshell',
  'julia',
  'lua',
  'luajit',
  'node',
  'nodejs',
  'perl',
  'php',
  'pypy',
  'python',
  'pythonw',
  'r',
  'rscript',
  'ruby',
  'runghc',
  'scala',
  'swift',
  'tclsh',
  'ts-node',
  'tsx',
  'wish',
]);

/** Their options that hold a program text, or a file that is run before the one that is named. */
export const programOptions: RegExp = new RegExp(
  [
    '^-[A-Za-z0-9]*[cCeEprRnI]',
    '^--(?:eval|print|require|import|loader|run|env-f|test-rep)',
    '^--experimental-(?:loader|config)',
  ].join('|'),
);

/** First words of interpreters that hold a program text or a command behind them. */
export const programWords: ReadonlySet<string> = new Set(['eval', 'exec', 'repl', 'x']);

/** Modules of Python that start nothing but the tests and builds that the project has. */
export const plainModules: ReadonlySet<string> = new Set([
  'black',
  'build',
  'flake8',
  'json.tool',
  'mypy',
  'pip',
  'pytest',
  'ruff',
  'unittest',
  'venv',
]);

/** Builtins with names of variables among their words. */
export const setting: ReadonlySet<string> = new Set([
  '[',
  'getopts',
  'printf',
  'read',
  'test',
  'unset',
]);

/** Programs that run whatever they are told in languages or ways not read here. */
export const opaque: ReadonlySet<string> = new Set([
  '.',
  'alias',
  'at',
  'awk',
  'batch',
  'bind',
  'bwrap',
  'choom',
  'cmd',
  'compgen',
  'complete',
  'crontab',
  'csh',
  'dbus-run-session',
  'dc',
  'ed',
  'elvish',
  'emacs',
  'emacsclient',
  'enable',
  'entr',
  'ex',
  'expect',
  'faketime',
  'fakeroot',
  'fc',
  'firejail',
  'fish',
  'gawk',
  'gdb',
  'history',
  'launchctl',
  'let',
  'linux32',
  'linux64',
  'lldb',
  'ltrace',
  'm4',
  'mapfile',
  'mawk',
  'mysql',
  'nawk',
  'nix-shell',
  'nsenter',
  'nu',
  'numactl',
  'nvim',
  'osascript',
  'parallel',
  'perf',
  'pkexec',
  'powershell',
  'prlimit',
  'proot',
  'psql',
  'pwsh',
  'readarray',
  'rlwrap',
  'runuser',
  'screen',
  'script',
  'setarch',
  'setpriv',
  'source',
  'sqlite3',
  'ssh-agent',
  'start-stop-daemon',
  'su',
  'systemd-run',
  'tcsh',
  'tmux',
  'unalias',
  'valgrind',
  'vi',
  'view',
  'vim',
  'xonsh',
  'xvfb-run',
]);

/** Options by which programs that otherwise start nothing start something. */
export const startingOptions: Readonly<Record<string, RegExp>> = {
  cargo: /^--config|^-Z/,
  go: /^--?(?:exec|toolexec|vettool|overlay|modfile)/,
  less: /^\+/,
  make: /^-E|^--eval|^(?:SHELL|\.SHELLFLAGS|MAKEFLAGS)\s*[:+?]?=/,
  man: /^-[PH]|^--(?:pager|html)/,
  more: /^\+/,
  npm: /^--(?:script-shell|node-options|shell)/,
  pnpm: /^--(?:script-shell|node-options|shell)/,
  rsync: /^-[A-Za-z0-9]*[eM]/,
  scp: /^-[A-Za-z0-9]*[oSFD]/,
  sftp: /^-[A-Za-z0-9]*[oSFD]/,
  ssh: /^-[A-Za-z0-9]*[oF]/,
  tar: /^-?[A-Za-z0-9]*[IF]/,
  wget: /^-[A-Za-z0-9]*e/,
  zip: /^-[A-Za-z0-9]*T/,
};

/** Long ones, of which the beginning is enough. */
export const startingLongOptions: Readonly<Record<string, readonly string[]>> = {
  less: ['lesskey-file', 'lesskey-src', 'lesskey-content'],
  make: ['eval'],
  man: ['html', 'pager'],
  npm: ['node-options', 'script-shell', 'shell'],
  pnpm: ['node-options', 'script-shell', 'shell'],
  rsync: ['remote-option', 'rsh', 'rsync-path'],
  sort: ['compress-program'],
  split: ['filter'],
  tar: [
    'checkpoint-action',
    'info-script',
    'new-volume-script',
    'rmt-command',
    'rsh-command',
    'to-command',
    'use-compress-program',
  ],
  wget: ['execute', 'use-askpass'],
  zip: ['test', 'unzip-command'],
};

/** Where programs come from that were installed: naming one there is naming the program. */
export const usualFolders: readonly string[] = [
  '/bin/',
  '/sbin/',
  '/usr/bin/',
  '/usr/sbin/',
  '/usr/local/bin/',
];

export function isInstalled(program: string): boolean {
  return usualFolders.includes(program.slice(0, program.lastIndexOf('/') + 1));
}

/** The name of a program without its folder, as a file system that ignores case finds it. */
export function programName(program: string): string {
  const name = program.slice(program.lastIndexOf('/') + 1).toLowerCase();
  return name.endsWith('.exe') ? name.slice(0, -4) : name;
}

const NAMED: ReadonlySet<string> = new Set([
  ...Object.keys(wrappers),
  ...wrappedFirst,
  ...shells,
  ...opaque,
  ...setting,
  ...Object.keys(startingOptions),
  ...Object.keys(startingLongOptions),
]);

/** `zsh` of `zsh-5.9`, `wget` of `wget2`: a version of what is known by a name without one. */
export function withoutVersion(name: string): string {
  const plain = bareName(name);
  return !NAMED.has(name) && NAMED.has(plain) ? plain : name;
}

/** `mkfs` of `mkfs.ext4`, `clang` of `clang-18`. */
export function bareName(name: string): string {
  return name.replace(/(?<=.)\..*$/, '').replace(/(?<=[a-z+])[-_]?[0-9]+$/, '');
}
