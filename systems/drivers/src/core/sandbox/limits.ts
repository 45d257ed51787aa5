/** How much a program in a sandbox may use. */
export type RunLimits = {
  /** Of all its processes together, in bytes; of one of them too. */
  readonly memory: number;
  readonly processes: number;
  /** Of one process. */
  readonly openFiles: number;
  /** Of one process, in seconds; without end unless given. */
  readonly processorSeconds?: number;
};

/**
 * What sees to a limit: the kernel for each process, a watch over all of them that ends the
 * program, both, or nobody here.
 */
export type LimitHold = 'kernel' | 'watch' | 'both' | 'nobody';

export type LimitHolds = Readonly<Record<keyof RunLimits, LimitHold>>;

/** What is seen of a sandbox at one moment. */
export type Usage = { readonly memory: number; readonly processes: number };

/** Enough for compilers and browsers, and less than the machine has. */
export function usualLimits(machineMemory: number): RunLimits {
  return { memory: Math.floor(machineMemory * 0.75), processes: 2048, openFiles: 16_384 };
}

/** Of two, the lesser each: nobody has more than is usual by asking for less. */
export function narrowed(limits: RunLimits, by: Partial<RunLimits> = {}): RunLimits {
  const { memory = limits.memory, processes = limits.processes } = by;
  const { openFiles = limits.openFiles, processorSeconds = limits.processorSeconds } = by;
  const seconds = Math.min(processorSeconds ?? Infinity, limits.processorSeconds ?? Infinity);
  return {
    memory: Math.min(limits.memory, memory),
    processes: Math.min(limits.processes, processes),
    openFiles: Math.min(limits.openFiles, openFiles),
    ...(Number.isFinite(seconds) ? { processorSeconds: seconds } : {}),
  };
}

/**
 * How many processes the kernel lets there be: somewhat more than are allowed, or the watch would
 * never see too many, and what forks without end would go on for ever.
 */
export function mostProcesses(processes: number): number {
  return Math.ceil(processes * 1.5);
}

/** Arguments of `prlimit`, which sets what no process inside can raise again. */
export function prlimitArguments(limits: RunLimits): string[] {
  const { memory, processes, openFiles, processorSeconds } = limits;
  return [
    `--data=${memory}`,
    `--nproc=${mostProcesses(processes)}`,
    `--nofile=${openFiles}`,
    '--core=0',
    ...(processorSeconds === undefined ? [] : [`--cpu=${processorSeconds}`]),
    '--',
  ];
}

export function holdsOf({ hasPrlimit, counts }: Held): LimitHolds {
  const kernel = hasPrlimit ? 'kernel' : 'nobody';
  const both = hasPrlimit ? 'both' : 'watch';
  return {
    memory: both,
    processes: counts ? 'both' : 'watch',
    openFiles: kernel,
    processorSeconds: kernel,
  };
}

type Held = {
  readonly hasPrlimit: boolean;
  /** The kernel counts processes of this account. */
  readonly counts: boolean;
};

/** In words, what is more than it may be. */
export function excessOf(limits: RunLimits, seen: Usage): string | undefined {
  if (seen.processes > limits.processes) {
    return `${seen.processes} processes, and ${limits.processes} are allowed`;
  }
  if (seen.memory > limits.memory) {
    return `${inMiB(seen.memory)} of memory, and ${inMiB(limits.memory)} are allowed`;
  }
  return undefined;
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
