import { gathered } from './gathered.ts';
import type { Group } from './governance-program.ts';

/** `ioi bridge`: the projections of the node for SQL clients. */
export function addBridgeCommands(group: Group): void {
  const add = group('bridge', 'SQL clients read the projections of this node');
  const load = () => import('./commands/bridge.ts');
  add('serve', 'listen for clients of PostgreSQL, until Ctrl-C', async () => {
    return (await load()).bridgeServe;
  })
    .option('--port <number>', 'where to; 5433 unless told, 0 for any that is free')
    .option('--listen <address>', '127.0.0.1 unless told; elsewhere over TLS alone')
    .option('--submit <domain>', 'let clients submit operations to it; repeatable', gathered, [])
    .option('--patience <seconds>', 'with a client that holds others up; 10 unless told');
  add('setup', 'the script for psql that makes a database of the bridge on a server', async () => {
    return (await load()).bridgeSetup;
  });
  add('password', 'of the one user, reader', async () => (await load()).bridgePassword);
}
