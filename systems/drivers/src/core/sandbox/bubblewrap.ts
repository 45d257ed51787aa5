import { isWithin, type SandboxPlan, SYSTEM_PATHS } from './plan.ts';

/** The descriptor the filter is read from; hidden files are read from those behind it. */
const FILTER_FD = 3;

const WRITABLE = '--bind';

export type Bubblewrap = {
  readonly options: readonly string[];
  /** How many empty files have to be open behind the filter. */
  readonly empty: number;
};

/**
 * What `bwrap` is told: nothing of the machine, then system paths, then what the plan shows, outer
 * folders before inner ones, then what is hidden after all.
 */
export function bubblewrapFor(plan: SandboxPlan): Bubblewrap {
  const binds = [
    ...around(plan).map(writable),
    ...plan.read.map((path) => ({ path, option: '--ro-bind' })),
    ...plan.write.map(writable),
    ...plan.frozen.map((path) => ({ path, option: '--ro-bind' })),
  ].sort((left, right) => depth(left.path) - depth(right.path));
  const shown = binds.map(({ path }) => path);
  const isShown = (path: string): boolean => shown.some((each) => isWithin(path, each));
  const files = plan.hiddenFiles.filter(isShown);
  const options = [
    '--unshare-all',
    ...['--die-with-parent', '--cap-drop', 'ALL', '--hostname', 'sandbox'],
    // With one it has job control; that it cannot type there, the filter sees to.
    ...(plan.hasTerminal === true ? [] : ['--new-session']),
    ...SYSTEM_PATHS.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--tmpfs', '/run'],
    ...(plan.homeFrom === undefined ? ['--tmpfs'] : ['--bind', plan.homeFrom]),
    plan.home,
    // Of a node that runs as root a program is root enough to write what lies below /proc/sys.
    ...['--remount-ro', '/proc'],
    ...binds.flatMap(({ path, option }) => [option, sourceOf(path, option, plan), path]),
    ...plan.hiddenFolders.filter(isShown).flatMap((path) => ['--tmpfs', path]),
    ...files.flatMap((path, at) => ['--ro-bind-data', String(FILTER_FD + 1 + at), path]),
    ...(plan.sockets ?? []).flatMap(({ from, to }) => ['--ro-bind', from, to]),
    '--clearenv',
    ...Object.entries(plan.environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', plan.workingFolder, '--seccomp', String(FILTER_FD)],
  ];
  return { options, empty: files.length };
}

/** Of what is only read, a copy has what the folder itself has not. */
function sourceOf(path: string, option: string, { standIns = [] }: SandboxPlan): string {
  const found = standIns.find(({ to }) => (option === WRITABLE ? isWithin(path, to) : path === to));
  return found === undefined ? path : `${found.from}${path.slice(found.to.length)}`;
}

function writable(path: string): { path: string; option: string } {
  return { path, option: WRITABLE };
}

/**
 * Folders that may be written and hold what may not, or is hidden: one could be moved away with
 * it, and would be shown where it lies the next time. A mount cannot be moved.
 */
function around({ read, write, frozen, hiddenFolders, hiddenFiles }: SandboxPlan): string[] {
  const kept = [...read, ...write, ...frozen, ...hiddenFolders, ...hiddenFiles];
  const isKept = (path: string): boolean =>
    [...read, ...frozen].some((each) => isWithin(path, each));
  const found = new Set(kept.flatMap((path) => between(path, write)));
  return [...found].filter((path) => !isKept(path));
}

/** Folders around a path, below the outermost one that may be written. */
function between(path: string, write: readonly string[]): string[] {
  const roots = write.filter((each) => isWithin(path, each));
  const outermost = Math.min(...roots.map((each) => each.length));
  const parent = path.slice(0, path.lastIndexOf('/'));
  return parent.length <= outermost ? [] : [...between(parent, write), parent];
}

function depth(path: string): number {
  return path.split('/').length;
}
