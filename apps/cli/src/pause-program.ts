import type { Command as Program } from 'commander';
import type { Add } from './governance-program.ts';

/** `ioi pause`, `ioi resume` */
export function addPauseCommands(add: Add, owned: (command: Program) => Program): void {
  const load = () => import('./commands/policy.ts');
  owned(
    add('pause', 'observe for a while: only BLOCK rules hold, all is recorded', async () => {
      return (await load()).policyPause;
    }).option('--for <time>', 'how long, such as 15m; at most 8h'),
  );
  owned(add('resume', 'let all rules decide again', async () => (await load()).policyEnforce));
}
