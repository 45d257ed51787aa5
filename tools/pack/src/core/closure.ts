/** What package-lock.json says of one package, as far as it matters here. */
export type LockedPackage = {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly libc?: string | readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
};

export type Lock = { readonly packages: Readonly<Record<string, LockedPackage>> };

export type Platform = { readonly os: string; readonly cpu: string; readonly libc: string };

/**
 * Every package that the published one reaches on a platform, as folders of the lockfile, found as
 * Node finds them: from where it is asked for upwards.
 */
export function shippedFolders({ packages }: Lock, platform: Platform): readonly string[] {
  const found = new Set<string>();
  const waiting = [''];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { dependencies, optionalDependencies, peerDependencies } = packages[at] ?? {};
    const asked = { ...peerDependencies, ...optionalDependencies, ...dependencies };
    for (const name of Object.keys(asked)) {
      const folder = resolved(packages, at, name);
      if (folder === undefined) {
        // What is left out on purpose: optional, or a peer that is.
        if (dependencies?.[name] === undefined) continue;
        throw new Error(`${at === '' ? 'the package' : at} asks for ${name}, which is not locked`);
      }
      if (found.has(folder) || !isFor(packages[folder] ?? {}, platform)) continue;
      found.add(folder);
      waiting.push(folder);
    }
  }
  return [...found].toSorted();
}

function resolved(packages: Lock['packages'], from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[folder] !== undefined) return folder;
    if (at === '') return undefined;
    if (!at.includes('/node_modules/')) at = '/';
  }
}

function isFor({ os, cpu, libc }: LockedPackage, platform: Platform): boolean {
  const fits = (wanted: string | readonly string[] | undefined, own: string): boolean => {
    if (wanted === undefined) return true;
    const list = [wanted].flat();
    const named = list.filter((each) => !each.startsWith('!'));
    return !list.includes(`!${own}`) && (named.length === 0 || named.includes(own));
  };
  return fits(os, platform.os) && fits(cpu, platform.cpu) && fits(libc, platform.libc);
}
