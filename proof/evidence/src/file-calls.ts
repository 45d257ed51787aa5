import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The N-th call of a kind on a file, by a thread of one of the node's processes. */
export type FileCall = {
  readonly process: Traced;
  readonly call: string;
  /** Under the home. */
  readonly path: string;
  readonly nth: number;
};

export type Traced = 'guardian' | 'daemon';

/** All that changes a file or makes it last, of what Linux has. */
const CHANGING =
  'openat,creat,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,fallocate,fsync,' +
  'fdatasync,sync_file_range,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,' +
  'link,linkat,symlink,symlinkat,chmod,fchmod,fchmodat,fchown,fchownat,utimensat,' +
  'copy_file_range,sendfile';
/** What the log engine and its guardian keep; compiled code and the diary are no part of it. */
const KEPT = /^(data|guardian)\/(?!cache\b)/;

/** Why calls cannot be made to fail here; undefined when they can. */
export function tracingProblem(): string | undefined {
  const rules = ['-e', 'trace=fsync', '-e', 'inject=fsync:error=EIO'];
  const probe = spawnSync('strace', ['-D', '-f', '-qq', '--seccomp-bpf', ...rules, 'true']);
  if (probe.error) return 'no strace (Debian: strace)';
  return probe.status === 0 ? undefined : `strace cannot trace here: ${probe.stderr}`;
}

/** Starts a process whose calls are written to a file; the process has the pid, not the tracer. */
function tracer(output: string, rules: readonly string[]): string[] {
  const habits = ['-D', '-f', '-qq', '-y', '--seccomp-bpf', '-e', 'signal=none'];
  return ['strace', ...habits, '-o', output, ...rules];
}

export function recordingTo(output: string): string[] {
  return tracer(output, ['-e', `trace=${CHANGING}`]);
}

/** Makes that one call fail with this error, before it has any effect. */
export function failing(at: FileCall, error: string, files: { home: string; output: string }) {
  const { call, path, nth } = at;
  const inject = `inject=${call}:error=${error}:when=${nth}`;
  const only = ['-P', join(files.home, path), '-e', `trace=${call}`, '-e', inject];
  return tracer(files.output, only);
}

export function hasFailed(output: string): boolean {
  return readFileSync(output, 'utf8').includes('(INJECTED)');
}

/** Every call on a file of the home that changes it, as the recording of a process has it. */
export function callsIn(output: string, process: Traced, home: string): FileCall[] {
  const counts = new Map<string, number>();
  const calls = new Map<string, FileCall>();
  for (const line of readFileSync(output, 'utf8').split('\n')) {
    const [, thread, call = '', rest = ''] = /^(\d+) +(\w+)\((.*)/.exec(line) ?? [];
    const path = relative(home, pathIn(rest));
    if (!KEPT.test(path)) continue;
    const key = `${call} ${path}`;
    const nth = (counts.get(`${thread} ${key}`) ?? 0) + 1;
    counts.set(`${thread} ${key}`, nth);
    if (call === 'openat' && !rest.includes('O_CREAT')) continue;
    calls.set(`${key} ${nth}`, { process, call, path, nth });
  }
  return [...calls.values()];
}

/** Of the file that a call names, or that the descriptor it begins with is open on. */
function pathIn(rest: string): string {
  const [, named] = /^(?:AT_FDCWD(?:<[^>]*>)?, )?"([^"]*)"/.exec(rest) ?? [];
  const [, open] = /^\d+<([^>]*)>/.exec(rest) ?? [];
  return named ?? open ?? '';
}
