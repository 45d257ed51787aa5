import type { Group } from './governance-program.ts';

/** `ioi models`: names that workers know models by. */
export function addModelCommands(group: Group): void {
  const add = group('models', 'routes to models: names, and what answers under them');
  const load = () => import('./commands/models.ts');
  add(
    'list',
    'the routes, each with its candidates in order',
    async () => (await load()).modelList,
  );
  add(
    'set <route> <candidate...>',
    '"PROVIDER MODEL URL [KEY]", tried in this order; KEY is a secret of the vault',
    async () => {
      return (await load()).modelSet;
    },
  );
  add('remove <route>', 'know it no longer', async () => (await load()).modelRemove);
  add('test <route>', 'ask it something, as an act with a receipt', async () => {
    return (await load()).modelTest;
  }).option('--prompt <text>', 'what to ask');
}
