import type { ComparedCommand, Fit } from './patterns.ts';
import { bareName, programName } from './programs.ts';

/** When a program reads all that is below a folder. */
type Reader = {
  /** Options with which it does; without any it always does. */
  readonly flags?: readonly string[];
  /** First operands with which it does; without any, whatever they are. */
  readonly verbs?: readonly string[];
  /**
   * With so many operands it no longer reads the folder it is started in, as long as its options
   * are among the letters, which take no values; without this it may always.
   */
  readonly named?: { readonly operands: number; readonly letters: string };
};

/** It reads nothing but what it is told. */
const TOLD = { operands: 0, letters: '' };
const SEARCH = { operands: 2, letters: 'rRnilLwHhcvosqEFPaIxS' };
const RECURSIVE: Reader = { flags: ['-r', '-R', '--recursive', '-a', '--archive'], named: TOLD };
/** However much it is told, it may read the folder it is started in. */
const ALWAYS: Reader = { named: { operands: Number.MAX_SAFE_INTEGER, letters: '' } };
const NAMED: Reader = { named: TOLD };
const GREP: Reader = {
  flags: ['-r', '-R', '-d', '--recursive', '--dereference-recursive', '--directories'],
  named: SEARCH,
};
const PACKING: Reader = { verbs: ['pack', 'package', 'publish'] };
const CONTAINER: Reader = { verbs: ['build', 'buildx', 'compose', 'cp'] };

const READERS: Readonly<Record<string, readonly Reader[]>> = {
  '7z': [ALWAYS],
  '7za': [ALWAYS],
  '7zz': [ALWAYS],
  ack: [{ named: SEARCH }],
  ag: [{ named: SEARCH }],
  aws: [{ verbs: ['s3'], named: TOLD }],
  borg: [NAMED],
  bsdtar: [NAMED],
  cargo: [PACKING],
  cp: [RECURSIVE],
  cpio: [ALWAYS],
  diff: [RECURSIVE],
  docker: [CONTAINER],
  du: [ALWAYS],
  egrep: [GREP],
  fd: [ALWAYS],
  fdfind: [ALWAYS],
  fgrep: [GREP],
  find: [ALWAYS],
  git: [
    { verbs: ['add', 'archive', 'grep', 'ls-files', 'stash'] },
    { verbs: ['commit'], flags: ['-a', '--all'] },
    { verbs: ['diff'], flags: ['--no-index'], named: TOLD },
  ],
  grep: [GREP],
  gsutil: [NAMED],
  gtar: [NAMED],
  jar: [NAMED],
  ls: [{ flags: ['-R', '--recursive'] }],
  mksquashfs: [NAMED],
  npm: [PACKING],
  pax: [ALWAYS],
  pnpm: [PACKING],
  podman: [CONTAINER],
  rar: [ALWAYS],
  rclone: [NAMED],
  restic: [NAMED],
  rg: [{ named: SEARCH }],
  rsync: [NAMED],
  scp: [RECURSIVE],
  sftp: [RECURSIVE],
  tar: [NAMED],
  tree: [ALWAYS],
  ugrep: [GREP],
  yarn: [PACKING],
  zip: [NAMED],
};

/** All programs that read whole trees in some use. */
export const treePrograms: readonly string[] = Object.keys(READERS);

/** A use in which a program reads whole trees: its first operand and an option, where it has to. */
export type TreeUse = { readonly verb: string | undefined; readonly flag: string | undefined };

export function treeUsesOf(program: string): readonly TreeUse[] {
  return readersOf(program).flatMap(({ verbs = [undefined], flags = [undefined] }) =>
    verbs.flatMap((verb) => flags.map((flag) => ({ verb, flag }))),
  );
}

/** Whether the command reads whole trees: what is in them does not stand in its words. */
export function readsTree(command: ComparedCommand): Fit {
  const { flags, operands, isKnown } = command;
  const fits = readersOf(command.program ?? '').map((reader): Fit => {
    const [verb] = operands;
    const isVerb =
      reader.verbs === undefined || (verb !== undefined && reader.verbs.includes(verb));
    const isSo =
      isVerb && (reader.flags === undefined || reader.flags.some((each) => begins(flags, each)));
    return isSo ? 'yes' : isKnown ? 'no' : 'unknown';
  });
  if (fits.includes('yes')) return 'yes';
  return fits.includes('unknown') ? 'unknown' : 'no';
}

/** Whether one of the trees may be the folder in which it is started. */
export function readsItsFolder(command: ComparedCommand): boolean {
  if (readsTree(command) === 'no') return false;
  const { flags, operands } = command;
  return readersOf(command.program ?? '').some(({ named }) => {
    if (named === undefined) return true;
    const isPlain = [...flags].every(
      (flag) => flag.length === 2 && named.letters.includes(flag[1] as string),
    );
    return named.operands > 0 && !(isPlain && operands.length >= named.operands);
  });
}

function readersOf(program: string): readonly Reader[] {
  const full = programName(program);
  const name = Object.hasOwn(READERS, full) ? full : bareName(full);
  return Object.hasOwn(READERS, name) ? (READERS[name] ?? []) : [];
}

/** Programs take the beginning of a long option for the option. */
function begins(flags: ReadonlySet<string>, wanted: string): boolean {
  return [...flags].some((flag) => flag === wanted || (flag.length > 3 && wanted.startsWith(flag)));
}
