import { existsSync } from 'node:fs';
import { prlimitArguments, type RunLimits } from '../../core/sandbox/limits.ts';

/** Of util-linux; inside it lies where it lies outside. */
const PRLIMIT = '/usr/bin/prlimit';

export function hasPrlimit(): boolean {
  return existsSync(PRLIMIT);
}

/** What a program is started by, so that the kernel holds each of its processes. */
export function limitedTo(limits: RunLimits): readonly string[] {
  return hasPrlimit() ? [PRLIMIT, ...prlimitArguments(limits)] : [];
}
