import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { bubblewrapFor } from '../../core/sandbox/bubblewrap.ts';
import { refusalOf, type SandboxRefusal, SETTINGS, type Seen } from '../../core/sandbox/cause.ts';
import type { SandboxPlan } from '../../core/sandbox/plan.ts';
import { seccompProgram } from '../../core/sandbox/seccomp.ts';
import { CALL_TABLES } from '../../core/sandbox/system-calls.ts';
import { withParts } from './parts.ts';

/** What a sandbox is made with here. */
export type SandboxMeans = { readonly bubblewrap: string; readonly filter: Uint8Array };

export type SandboxProbe =
  | { readonly ok: true; readonly means: SandboxMeans }
  | { readonly ok: false; readonly refusal: SandboxRefusal };

const TRIAL_MS = 10_000;

const TRIAL: SandboxPlan = {
  read: [],
  write: [],
  hiddenFolders: [],
  hiddenFiles: [],
  frozen: [],
  home: '/tmp/home',
  workingFolder: '/tmp',
  environment: { PATH: '/usr/bin:/bin' },
};

/** Ends well only where it sees nothing of this machine, no other process and no way out. */
const LOOK = [
  'for each in /boot /home /root /var; do test ! -e "$each" || exit 3; done',
  'test "$(ls -d /proc/[0-9]* | wc -l)" -lt 9 || exit 4',
  'grep -q "^Seccomp:.2" /proc/self/status || exit 5',
  'grep -q "^CapEff:.0*$" /proc/self/status || exit 6',
  'test "$(tail -n +3 /proc/net/dev | grep -vc " *lo:")" = 0 || exit 7',
  'touch /usr/trial 2>/dev/null && exit 8',
  '(cat /proc/sys/kernel/core_pattern > /proc/sys/kernel/core_pattern) 2>/dev/null && exit 9',
  'echo bounded',
].join('\n');

/** Makes a real sandbox and looks around in it: what is not seen to hold is not promised. */
export function probeSandbox(bubblewrap = 'bwrap'): SandboxProbe {
  const table = CALL_TABLES[arch()];
  if (platform() !== 'linux' || table === undefined) return refused(`on ${arch()}`);
  const means = { bubblewrap, filter: seccompProgram(table) };
  const parts = { filter: means.filter, ...bubblewrapFor(TRIAL) };
  const trial = withParts(parts, (options, opened) =>
    spawnSync(bubblewrap, [...options, '/bin/sh', '-c', LOOK], {
      stdio: ['ignore', 'pipe', 'pipe', ...opened],
      timeout: TRIAL_MS,
      encoding: 'utf8',
    }),
  );
  if (trial.status === 0 && trial.stdout.trim() === 'bounded') return { ok: true, means };
  const words = (trial.stderr ?? '').trim().slice(0, 500);
  const isMissing = (trial.error as { code?: string } | undefined)?.code === 'ENOENT';
  return refused(words === '' ? `the look around ended with ${trial.status}` : words, isMissing);
}

function refused(words: string, isMissing = false): SandboxProbe {
  return { ok: false, refusal: refusalOf({ ...machine(), words, isMissing }) };
}

function machine(): Omit<Seen, 'words' | 'isMissing'> {
  const names = Object.values(SETTINGS);
  const isContainer = existsSync('/.dockerenv') || existsSync('/run/.containerenv');
  const settings = Object.fromEntries(names.map((name) => [name, setting(name)]));
  return { platform: platform(), settings, isContainer };
}

function setting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
