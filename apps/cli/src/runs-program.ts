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
