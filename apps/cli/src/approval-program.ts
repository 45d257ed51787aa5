import type { Command as Program } from 'commander';
import { gathered } from './gathered.ts';
import type { Add } from './governance-program.ts';

/** What a person does about what waits. */
export function addApprovalCommands(
  add: Add,
  addBelow: (parent: Program) => Add,
  owned: (command: Program) => Program,
): void {
  const inbox = add('inbox', 'what waits for a person', async () => {
    return (await import('./commands/inbox.ts')).inbox;
  })
    .option('--open', 'in a browser, on the page of the guardian')
    .option('--no-browser', 'with --open: print the address and open nothing');
  owned(
    addBelow(inbox)('extend <id>', 'give it more time; it waits a week at most', async () => {
      return (await import('./commands/inbox-extend.ts')).inboxExtend;
    }).option('--for <time>', 'how much more, such as 30m or 2d'),
  );
  owned(
    add('approve <id>', 'approve exactly this, once', async () => {
      return (await import('./commands/approve.ts')).approve;
    })
      .option('--page', 'on the page of the guardian')
      .option('--edit', 'change its parameters first, in your editor')
      .option('--set <path=value>', 'change one of them first; repeatable', gathered, [])
      .option('--group <group>', 'begin to sign it with a group, with --out')
      .option('--out <file>', 'with --group: what goes round among its members')
      .option('--signed <file>', 'what a group signed: no passphrase is asked for'),
  );
  owned(
    add('answer <id> [words...]', 'answer what an agent asked', async () => {
      return (await import('./commands/approve.ts')).answer;
    }).option('--choice <n>', 'one of the answers that it offers, by number'),
  );
  owned(
    add('deny <id>', 'deny it', async () => (await import('./commands/deny.ts')).deny).option(
      '--reason <text>',
      'what the record says about it',
    ),
  );
}
