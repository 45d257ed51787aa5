import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Identifies one process for good: numbers are given again, start times within a boot are not. */
type Mark = {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
  /** There may be an earlier one, of which nothing is known until the machine starts anew. */
  readonly hasUnknownElder?: true;
};

/** What is known of the server remembered: `alive` resists being ended. */
export type Orphan = 'gone' | 'alive' | 'unknown';

const WAIT_STEP_MS = 10;
const WAIT_STEPS = 200;

/**
 * Remembers which process a server runs as. After a crash of this process the server may live on
 * and still be carrying out what it was told; only when it is known to be gone does the present
 * state of the world prove anything.
 */
export class OrphanRecord {
  readonly #path: string | undefined;

  constructor(folder: string | undefined, name: string) {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#path = join(folder, `${encodeURIComponent(name)}.process.json`);
  }

  /** Written before the first byte is sent to it, over the record of one that is not alive. */
  write(pid: number | undefined, elder: Exclude<Orphan, 'alive'>): void {
    if (this.#path === undefined || pid === undefined) return;
    const started = readStat(pid)?.started;
    const doubt = elder === 'unknown' ? { hasUnknownElder: true } : {};
    const mark = { pid, started: started ?? '', boot: bootOf() ?? '', ...doubt };
    writeFileSync(this.#path, JSON.stringify(mark), { mode: 0o600 });
  }

  /**
   * Ends the remembered server and all it started. `ended` is one whose group was ended by this
   * process: where the system tells nothing of processes, that is all there is to know.
   */
  async reap(ended?: number): Promise<Orphan> {
    if (this.#path === undefined) return 'unknown';
    const mark = this.#read(this.#path);
    if (mark === undefined) return 'gone';
    if (mark === 'unreadable') return 'unknown';
    const isOfAnotherBoot = mark.boot !== '' && mark.boot !== bootOf();
    const orphan = isOfAnotherBoot ? 'gone' : await end(mark, ended);
    if (orphan !== 'gone') return orphan;
    if (mark.hasUnknownElder && !isOfAnotherBoot) return 'unknown';
    const now = this.#read(this.#path);
    // Meanwhile another may have been started and remembered.
    if (now === undefined || isSameProcess(now, mark)) rmSync(this.#path, { force: true });
    return 'gone';
  }

  #read(path: string): Mark | 'unreadable' | undefined {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 'unreadable';
    }
    try {
      const { pid, started, boot, hasUnknownElder } = JSON.parse(text) as Partial<Mark>;
      const isMark = Number.isSafeInteger(pid) && (pid ?? 0) > 1;
      return isMark && typeof started === 'string' && typeof boot === 'string'
        ? { pid: pid as number, started, boot, ...(hasUnknownElder && { hasUnknownElder }) }
        : 'unreadable';
    } catch {
      return 'unreadable';
    }
  }
}

function isSameProcess(now: Mark | 'unreadable', mark: Mark): boolean {
  return now !== 'unreadable' && now.pid === mark.pid && now.started === mark.started;
}

async function end(mark: Mark, ended: number | undefined): Promise<Orphan> {
  if (mark.started === '') return mark.pid === ended ? 'gone' : 'unknown';
  for (let step = 0; step < WAIT_STEPS; step += 1) {
    if (!isGroupAlive(mark)) return 'gone';
    killGroup(mark.pid);
    await sleep(WAIT_STEP_MS);
  }
  return 'alive';
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone between the look and the signal.
  }
}

/** Whether a process of the marked group lives; a dead one that nobody buried does not. */
function isGroupAlive(mark: Mark): boolean {
  const leader = readStat(mark.pid);
  // Numbers are given again only once the whole group is gone.
  if (leader !== undefined && leader.started !== mark.started) return false;
  return readdirSync('/proc').some((name) => {
    if (!/^[0-9]+$/.test(name)) return false;
    const stat = readStat(Number(name));
    return stat !== undefined && stat.group === mark.pid && stat.state !== 'Z';
  });
}

/** Linux, proc_pid_stat(5): state, process group and start time in ticks since boot. */
function readStat(pid: number): { state: string; group: number; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', group: Number(fields[2]), started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function bootOf(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
