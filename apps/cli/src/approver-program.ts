import type { Command as Program } from 'commander';
import { gathered } from './gathered.ts';
import type { Add, Group } from './governance-program.ts';

type Owned = (command: Program) => Program;

/** Who approves beside the owner's own key, and how many of them it takes. */
export function addApproverCommands(group: Group, owned: Owned): void {
  const add: Add = group('approver', 'passkeys that approve, and how many it takes');
  const load = () => import('./commands/approver/approver.ts');
  add('list', 'the passkeys that approve, and the settings', async () => {
    return (await load()).approverList;
  });
  add('add', 'open the page on which a passkey is made', async () => (await load()).approverAdd)
    .option('--no-browser', 'print the address and open nothing')
    .option('--device <label>', 'a link for another device instead, once and for ten minutes')
    .option('--acts-as <agent>', 'an agent whose requests it may not approve', gathered, []);
  addDeviceCommands(add, owned);
  owned(
    add('remove <id>', 'a passkey approves no more', async () => (await load()).approverRemove),
  );
  owned(add('rules', 'how many of them an act takes', async () => (await load()).approverRules))
    .option('--low <count>', 'for acts of low risk')
    .option('--high <count>', 'for acts of high risk')
    .option('--out-of-band <class>', 'low, high: one of them on another device', gathered, [])
    .option('--group <class=name>', 'low=, high=: a group that signs; repeatable', gathered, [])
    .option('--rule <rule=count>', 'for a rule of the policy; `rule=count,oob`', gathered, []);
}

function addDeviceCommands(add: Add, owned: Owned): void {
  const load = () => import('./commands/approver/device.ts');
  owned(
    add('confirm <code>', 'a device approves that shows these digits', async () => {
      return (await load()).approverConfirm;
    }),
  );
  owned(
    add('listen', 'let other devices reach the page, under a name of yours', async () => {
      return (await load()).approverListen;
    }),
  )
    .option('--name <host>', 'the host name they use')
    .option('--cert <file>', 'its certificate with what it is signed by, as PEM')
    .option('--key <file>', 'the private key of it, as PEM')
    .option('--port <number>', '8443 unless told')
    .option('--address <address>', 'of this machine, to listen on; all unless told')
    .option('--stop', 'close it, and forget certificate and key');
}
