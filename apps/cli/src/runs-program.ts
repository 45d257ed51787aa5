import type { Command as Program } from 'commander';
import type { Add } from './governance-program.ts';

const load = () => import('./commands/runs.ts');

/** What programs in a sandbox did to files, and back: `ioi runs`, `ioi undo`, `ioi redo`. */
export function addRunsCommands(add: Add, addBelow: (parent: Program) => Add): void {
  const runs = add(
    'runs',
    'what programs in a sandbox changed',
    async () => (await load()).runsList,
  );
  addBelow(runs)('show <run>', 'one of them, with each file', async () => {
    return (await load()).runsShow;
  }).option('--diff', 'as a unified diff');
  const merging = addBelow(runs);
  merging('merge <run>', 'bring what a run with an overlay changed into its folder', async () => {
    return (await import('./commands/runs-merge.ts')).runsMerge;
  })
    .option('--dry-run', 'only show what would be merged')
    .option('--yes', 'without asking here; the policy asks whom it names');
  merging('discard <run>', 'never merge what a run with an overlay changed', async () => {
    return (await import('./commands/runs-merge.ts')).runsDiscard;
  }).option('--yes', 'without asking');
  const undoing = (command: Program): Program =>
    command
      .option('--force', 'also what was changed again since')
      .option('--dry-run', 'only show what would be put back')
      .option('--yes', 'without asking');
  undoing(
    add('undo [run]', 'put back what a run changed in this folder', async () => {
      return (await load()).undo;
    }),
  );
  undoing(add('redo [undo]', 'take an undo back', async () => (await load()).redo));
}
