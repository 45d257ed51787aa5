import type { FileChange, RunFiles, UndoneFolder } from '@ioi/protocol';
import { shortId } from './match-id.ts';
import { visible } from './visible.ts';

const FIRST = 10;
const SIGNS = { added: '+', changed: '~', removed: '-' } as const;

/** What a run changed, in a few lines; what others execute later is named whole, and first. */
export function filesLines({ run_id, state, folders }: RunFiles): string[] {
  const lines = folders.flatMap(({ root, changes }) =>
    changes === undefined
      ? [`files: what changed in ${visible(root)} is not known`]
      : folderLines(root, changes),
  );
  const isChanged = folders.some(({ changes = [] }) => changes.length > 0);
  const short = shortId(run_id);
  if (!isChanged) return lines;
  return [
    ...lines,
    ...(state === 'waiting'
      ? [
          'none of it is in the folder yet; ioi runs show --diff shows it',
          `ioi runs merge ${short} asks for it; ioi runs discard ${short} drops it`,
        ]
      : [`ioi undo ${short} puts them back; ioi runs show ${short}`]),
  ];
}

function folderLines(root: string, changes: readonly FileChange[]): string[] {
  if (changes.length === 0) return [`files: nothing changed in ${visible(root)}`];
  const later = changes.filter((each) => each.later && each.left !== 'installed');
  const others = changes.filter((each) => !later.includes(each));
  return [
    `files: ${countsText(changes)} in ${visible(root)}`,
    ...(later.length === 0 ? [] : [`LOOK AT THESE: you, an editor or a build executes them later`]),
    ...later.map((each) => `  ! ${changeText(each)}`),
    ...others.slice(0, FIRST).map((each) => `  ${changeText(each)}`),
    ...(others.length > FIRST ? [`  … ${others.length - FIRST} more`] : []),
  ];
}

export function changeText({ path, how, left }: FileChange): string {
  return `${SIGNS[how]} ${visible(path)}${left === undefined ? '' : `  (not kept: ${left})`}`;
}

export function countsText(changes: readonly FileChange[]): string {
  const counts = (['added', 'changed', 'removed'] as const).flatMap((how) => {
    const count = changes.filter((each) => each.how === how).length;
    return count === 0 ? [] : [`${count} ${how}`];
  });
  return counts.length === 0 ? 'nothing changed' : counts.join(', ');
}

export const RUN_COLUMNS = [
  { title: 'run', most: 20 },
  { title: 'began (UTC)', most: 19 },
  { title: 'state', most: 10 },
  { title: 'changes', most: 40 },
  { title: 'program', most: 80 },
] as const;

/** One row for each run, the newest first. */
export function runRows(runs: readonly RunFiles[], timeOf: (iso: string) => string): string[][] {
  return runs.map(({ run_id, kind, of, state, command, began, folders }) => {
    const isKnown = folders.some(({ changes }) => changes !== undefined);
    const changed = countsText(folders.flatMap(({ changes }) => changes ?? []));
    const what = kind === 'run' ? command.join(' ') : `${kind} of ${shortId(of ?? '')}`;
    return [shortId(run_id), timeOf(began), state, isKnown ? changed : 'not known', what];
  });
}

/** What an undo does, did and does not do. */
export function undoLines(folders: readonly UndoneFolder[], isDone: boolean): string[] {
  return folders.flatMap(({ root, done, conflicts, lost, failed }) => {
    const named = [
      ...listed(`${done.length} ${isDone ? 'put back' : 'to put back'}`, done),
      ...listed(`${conflicts.length} changed again since, left as they are (--force)`, conflicts),
      ...listed(`${lost.length} of which nothing was kept, left as they are`, lost),
      ...listed(
        `${failed.length} NOT put back`,
        failed.map(({ path, why }) => `${path}: ${why}`),
      ),
    ];
    return [`${visible(root)}:`, ...(named.length === 0 ? ['  as it was before'] : named)];
  });
}

function listed(title: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  return [
    `  ${title}`,
    ...paths.slice(0, FIRST).map((path) => `    ${visible(path)}`),
    ...(paths.length > FIRST ? [`    … ${paths.length - FIRST} more`] : []),
  ];
}
