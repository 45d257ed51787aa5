import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const [home = '', apiSocket = '', mcpSocket = '', ...flags] = process.argv.slice(2);
const compiled = join(home, 'cache');
enableCompileCache(compiled);
// Threads learn of it by their environment alone.
process.env['NODE_COMPILE_CACHE'] ??= compiled;
const { startDaemon } = await import('./shell/start.ts');
const program = flags.find((flag) => flag.startsWith('--ioi='))?.slice('--ioi='.length);
await startDaemon({ home, apiSocket, mcpSocket, hasEdge: flags.includes('--edge'), program });
