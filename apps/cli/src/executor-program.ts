import type { Command as Program } from 'commander';
import type { Group } from './governance-program.ts';

/** `ioi executor`: machines that carry out runs of workers for a node. */
export function addExecutorCommands(group: Group, owned: (command: Program) => Program): void {
  const add = group('executor', 'machines that carry out runs of workers for this node');
  const load = () => import('./commands/executor.ts');
  add('request', 'a key for this machine, and who it is by it', async () => {
    return (await load()).executorRequest;
  })
    .requiredOption('--name <name>', 'what it is to be called')
    .requiredOption('--out <file>', 'for the node that admits it; no secret');
  owned(
    add('admit <request>', 'let a machine carry out runs, by its key', async () => {
      return (await load()).executorAdmit;
    }),
  ).requiredOption('--out <file>', 'its invitation; no secret');
  add('invite <name>', 'an invitation of this node for one that is admitted', async () => {
    return (await load()).executorInvite;
  }).requiredOption('--out <file>', 'for the machine; no secret');
  owned(
    add('dismiss <name>', 'let a machine carry out nothing any more', async () => {
      return (await load()).executorDismiss;
    }),
  );
  add('list', 'who may, who is connected, and what they carry out', async () => {
    return (await load()).executorList;
  });
  add('join <invitations...>', 'carry out runs, until Ctrl-C', async () => {
    return (await load()).executorJoin;
  });
}
