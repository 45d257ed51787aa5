import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { excessOf, type RunLimits, type Usage } from '../../core/sandbox/limits.ts';

const EVERY_MS = 200;
const PAGE_BYTES = 4096;

type Watching = {
  readonly onExcess: (what: string) => void;
  readonly everyMs?: number;
};

/**
 * Watches over all processes of a sandbox, which share a namespace of process numbers, and ends
 * them together where they use more than they may; says what it was.
 */
export function watchUsage(
  bubblewrap: number,
  limits: RunLimits,
  { onExcess, everyMs = EVERY_MS }: Watching,
): { close(): void } {
  const timer = setInterval(() => {
    const first = firstOf(bubblewrap);
    const excess = first === undefined ? undefined : excessOf(limits, usageOf(first));
    if (first === undefined || excess === undefined) return;
    clearInterval(timer);
    onExcess(excess);
    // With the first process of its namespace the kernel ends all others.
    process.kill(first, 'SIGKILL');
  }, everyMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
}

/** The first process inside; `bwrap` waits outside for it. */
function firstOf(bubblewrap: number): number | undefined {
  const [first] = textOf(`/proc/${bubblewrap}/task/${bubblewrap}/children`).split(' ');
  const pid = Number(first);
  const isInside = pid > 0 && namespaceOf(String(pid)) !== namespaceOf('self');
  return isInside ? pid : undefined;
}

function usageOf(first: number): Usage {
  const namespace = namespaceOf(String(first));
  const inside = readdirSync('/proc').filter(
    (name) => /^[0-9]+$/.test(name) && namespaceOf(name) === namespace,
  );
  const memory = inside.reduce((sum, pid) => sum + ownPages(pid) * PAGE_BYTES, 0);
  return { memory, processes: inside.length };
}

/** Pages in memory that it shares with no file. */
function ownPages(pid: string): number {
  const [, resident = '0', shared = '0'] = textOf(`/proc/${pid}/statm`).split(' ');
  return Math.max(Number(resident) - Number(shared), 0);
}

/** Undefined where it ended, or is somebody else's. */
function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
