import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

/** Programs by family, and what the longer ones are written in beside sh. */
export const MATERIAL: string = resolve(import.meta.dirname, '../../escape');

/** Which wall an attempt meets first: the kernel's, the door for HTTP, or the node's tools. */
export type Way = 'walls' | 'door' | 'tools';

/** What may be read that must not be; `own` is a file of this attempt alone. */
export const TARGETS = [
  'own',
  'ssh',
  'aws',
  'netrc',
  'env',
  'other',
  'seal',
  'shm',
  'var',
] as const;

export type Target = (typeof TARGETS)[number];

/**
 * One way out of a sandbox, as a small program of sh. What it says of itself counts for nothing:
 * the judge looks at what became of the world. Its variables stand in `batch.ts`.
 */
export type Attempt = {
  readonly name: string;
  readonly way: Way;
  readonly script: string;
  /** Where `$T` leads. */
  readonly target: Target;
  /** It harms nobody where there is no sandbox, and is tried there to show that it works. */
  readonly isTame: boolean;
  /** It gets a repository, or a process to go after, of its own. */
  readonly needs?: 'repository' | 'process';
};

type Family = {
  readonly family: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly way?: Way;
  readonly isTame?: boolean;
  readonly needs?: Attempt['needs'];
  /** Each program goes for its own file, and for one of what people and the node keep. */
  readonly isEachTarget?: boolean;
};

export function allAttempts(): Attempt[] {
  const files = readdirSync(MATERIAL).filter((name) => name.endsWith('.yaml'));
  return files.flatMap((name) => {
    const families = parse(readFileSync(join(MATERIAL, name), 'utf8')) as readonly Family[];
    return families.flatMap(attemptsOf);
  });
}

function attemptsOf({ family, scripts, isEachTarget, needs, ...about }: Family): Attempt[] {
  const shared = {
    way: about.way ?? 'walls',
    isTame: about.isTame ?? true,
    ...(needs === undefined ? {} : { needs }),
  } as const;
  return Object.entries(scripts).flatMap(([name, script], at) => {
    const one = { ...shared, script, name: `${family}: ${name}`, target: 'own' } as const;
    if (isEachTarget !== true) return [one];
    const target = TARGETS[1 + (at % (TARGETS.length - 1))] as Target;
    return [one, { ...one, name: `${one.name}, ${target}`, target }];
  });
}
