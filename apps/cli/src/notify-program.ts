import type { Group } from './governance-program.ts';

/** Who else is told when something waits for a person. */
export function addNotifyCommands(group: Group): void {
  const add = group('notify', 'who else is told when something waits for you');
  const load = () => import('./commands/notify.ts');
  add('add <kind> [url]', 'webhook or ntfy with a URL, or webpush', async () => {
    return (await load()).notifyAdd;
  })
    .option('--name <name>', 'what it is called here; its kind unless told')
    .option('--secret-stdin', "a webhook's own secret, on standard input; else one is made")
    .option('--token-stdin', 'what ntfy wants as a bearer token, on standard input')
    .option('--subscription-stdin', "a browser's PushSubscription as JSON, on standard input");
  add('list', 'who is told, and where', async () => (await load()).notifyList);
  add('remove <name>', 'tell them no more', async () => (await load()).notifyRemove);
  add('test [name]', 'send a test, once', async () => (await load()).notifyTest);
  add('key', 'what a browser subscribes with', async () => (await load()).notifyKey);
}
