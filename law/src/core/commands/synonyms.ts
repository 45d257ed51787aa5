const RECURSIVE = { '--recursive': '-r', '-R': '-r' };
const FORCE = { '--force': '-f' };

/** Options with several names, by program: the letter stands for all of them. */
const SYNONYMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  chmod: { '--recursive': '-R' },
  chown: { '--recursive': '-R' },
  cp: { ...RECURSIVE, ...FORCE, '--archive': '-a' },
  curl: { '--data': '-d', '--form': '-F', '--location': '-L', '--output': '-o', '--request': '-X' },
  git: { ...FORCE, '--all': '-a', '--delete': '-d', '--message': '-m' },
  grep: { ...RECURSIVE, '--dereference-recursive': '-r' },
  ls: { '--all': '-a', '--recursive': '-R' },
  mkdir: { '--parents': '-p' },
  mv: { ...FORCE },
  npm: { '--global': '-g' },
  rm: { ...RECURSIVE, ...FORCE, '--dir': '-d', '--interactive': '-i', '--verbose': '-v' },
};

/** The same options under one name each; a long one may be cut where no other begins so. */
export function settleFlags(program: string, flags: ReadonlySet<string>): ReadonlySet<string> {
  if (!Object.hasOwn(SYNONYMS, program)) return flags;
  const names = Object.entries(SYNONYMS[program] ?? {});
  return new Set([...flags].map((flag) => settle(flag, names)));
}

function settle(flag: string, names: readonly (readonly [string, string])[]): string {
  const exact = names.find(([name]) => name === flag);
  if (exact !== undefined) return exact[1];
  const begun = names.filter(([name]) => flag.length > 3 && name.startsWith(flag));
  return begun.length === 1 ? (begun[0]?.[1] ?? flag) : flag;
}
