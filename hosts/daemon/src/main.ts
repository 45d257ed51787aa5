import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const [home = '', apiSocket = '', mcpSocket = '', edge] = process.argv.slice(2);
enableCompileCache(join(home, 'cache'));
const { startDaemon } = await import('./shell/start.ts');
await startDaemon({ home, apiSocket, mcpSocket, hasEdge: edge === '--edge' });
