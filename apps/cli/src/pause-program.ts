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

/** `ioi policy proposal` */
export function addProposalCommand(add: Add, owned: (command: Program) => Program): void {
  owned(
    add('proposal', 'what was learnt while the node observed, to enforce it', async () => {
      return (await import('./commands/policy-proposal.ts')).policyProposal;
    }),
  )
    .option('--accept', 'have it signed, and enforce it')
    .option('--dismiss', 'propose it again after as many acts more')
    .option('-o, --out <file>', 'write it there as well, where nothing is yet');
}
