import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { err, ok, type Result } from '@ioi/basis';
import { bubblewrapFor } from '../../core/sandbox/bubblewrap.ts';
import { holdsOf, type LimitHolds, type RunLimits } from '../../core/sandbox/limits.ts';
import type { SandboxPlan } from '../../core/sandbox/plan.ts';
import type { ServerManifest } from '../launch.ts';
import { askingShells } from './asking-shells.ts';
import { gitHooks } from './git-hooks.ts';
import { hasPrlimit, limitedTo } from './limited.ts';
import { withParts } from './parts.ts';
import type { SandboxMeans } from './probe.ts';
import { processGroup } from './process-group.ts';
import { type Forward, relayedTo } from './relayed.ts';
import { planOf, type Shown } from './shown.ts';
import { watchUsage } from './watch-usage.ts';

export type SandboxedRun = Pick<Shown, 'command' | 'args' | 'hidden'> & {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly manifest: Omit<ServerManifest, 'hosts'>;
  /** Stands where programs expect a home, and is kept. */
  readonly homeFrom: string;
  readonly sockets: readonly { readonly from: string; readonly to: string }[];
  /** Which of these, by its name inside, is an HTTP proxy; without one there is no way out. */
  readonly wayOut?: string | undefined;
  /** Which of these is found at a port of its own. */
  readonly forward?: Forward | undefined;
  /** Which of these it says at what listens in it, so that others may be let in. */
  readonly portDoor?: string | undefined;
  /** Which of these its shells ask at before they do something; without one they do not ask. */
  readonly shellDoor?: string | undefined;
  /** Told what hooks of git say that refs were set to; without it there are no such hooks. */
  readonly onCommits?: ((names: readonly string[]) => void) | undefined;
  readonly limits: RunLimits;
  /** Told what it used too much of, when it is ended for that. */
  readonly onExcess: (what: string) => void;
  /** Once everything is where it has to be, and nothing was started. */
  readonly beforeStart?: (plan: SandboxPlan) => SandboxPlan['standIns'];
  /** Nothing of it is written: what `beforeStart` gives stands in for it. */
  readonly isCopied: boolean;
};

/** Which limits hold here, and by whom. */
export async function limitHolds(): Promise<LimitHolds> {
  const group = processGroup(1);
  await group?.remove();
  const counts = group !== undefined || (hasPrlimit() && process.getuid?.() !== 0);
  return holdsOf({ hasPrlimit: hasPrlimit(), counts });
}

/**
 * Runs a program at the terminal of whoever started it, in a sandbox, to its end. Gives what it
 * ended with, as shells count it; an error where it was not started.
 */
export async function runSandboxed(
  run: SandboxedRun,
  means: SandboxMeans,
): Promise<Result<number, string>> {
  const { command, args, hidden, cwd, homeFrom, sockets, wayOut, limits } = run;
  const manifest = { ...run.manifest, hosts: [] };
  const relay = relayedTo(wayOut, run.forward, run.portDoor);
  const shells = askingShells(run.shellDoor);
  const hooks = gitHooks(run.onCommits, run.env);
  const env = { ...run.env, ...hooks.environment };
  const close = (): void => {
    shells.close();
    hooks.close();
  };
  const shownSockets = [...sockets, ...shells.binds, ...hooks.binds];
  const also = { homeFrom, sockets: shownSockets, hasTerminal: true } as const;
  const { isCopied } = run;
  const shown = {
    command,
    args,
    hidden,
    also,
    isCopied,
    beside: [...relay.beside, ...shells.beside],
  };
  const plan = planOf(shown, { cwd, env, manifest });
  if (!plan.ok) {
    close();
    return err(plan.error);
  }
  const standIns = startingOr(close, () => run.beforeStart?.(plan.value) ?? []);
  const parts = { filter: means.filter, ...bubblewrapFor({ ...plan.value, standIns }) };
  const group = processGroup(limits.processes);
  const child = withParts(parts, (options, opened) => {
    const inside = [...limitedTo(limits), ...relay.before, command, ...args];
    const [first = '', ...others] = [...(group?.before ?? []), means.bubblewrap, ...options];
    return spawn(first, [...others, ...inside], {
      env: {},
      stdio: ['inherit', 'inherit', 'inherit', ...opened],
    });
  });
  const watch =
    child.pid === undefined ? undefined : watchUsage(child.pid, limits, { onExcess: run.onExcess });
  const ended = await new Promise<Result<number, string>>((resolve) => {
    child.on('error', ({ message }) => resolve(err(message)));
    child.on('exit', (code, signal) => {
      resolve(ok(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  });
  watch?.close();
  close();
  await group?.remove();
  return ended;
}

/** Where it is not started nothing is left open: that would hold whoever started it. */
function startingOr<T>(close: () => void, start: () => T): T {
  try {
    return start();
  } catch (fault) {
    close();
    throw fault;
  }
}
