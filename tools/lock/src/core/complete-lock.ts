export type LockRow = {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
};

export type Lock = { packages: Record<string, LockRow> };

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = 'arm64 x64 arm ia32 ppc64 riscv64 s390x loong64 wasm32'.split(' ');
const LIBRARIES: Readonly<Record<string, string>> = { musl: 'musl', gnu: 'glibc' };

/** Platform packages that a locked package may need and the lock file does not name. */
export function missingRows(lock: Lock): Map<string, LockRow> {
  const missing = new Map<string, LockRow>();
  for (const [path, row] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(row.optionalDependencies ?? {})) {
      if (isNamed(lock, path, name)) continue;
      missing.set(`node_modules/${name}`, rowOf(name, version, row.dev === true));
    }
  }
  return missing;
}

/** The lock with those rows, in npm's order. */
export function completeLock(lock: Lock): Lock {
  const rows = [...Object.entries(lock.packages), ...missingRows(lock)];
  rows.sort(([left], [right]) => (left < right ? -1 : 1));
  return { ...lock, packages: Object.fromEntries(rows) };
}

function isNamed(lock: Lock, path: string, name: string): boolean {
  return `node_modules/${name}` in lock.packages || `${path}/node_modules/${name}` in lock.packages;
}

function rowOf(name: string, version: string, dev: boolean): LockRow {
  const words = name
    .replace('gnueabihf', 'gnu')
    .replace('musleabihf', 'musl')
    .split(/[^a-z0-9]+/);
  const system = SYSTEMS.find((each) => words.includes(each));
  const processor = PROCESSORS.find((each) => words.includes(each));
  if (processor === undefined) throw new Error(`${name}: for which machine?`);
  const library = words.map((word) => LIBRARIES[word]).find((each) => each !== undefined);
  return {
    version,
    cpu: [processor],
    ...(dev ? { dev } : {}),
    ...(library === undefined ? {} : { libc: [library] }),
    optional: true,
    ...(system === undefined ? {} : { os: [system] }),
  };
}
