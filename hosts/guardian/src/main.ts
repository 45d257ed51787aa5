import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const [folder = '', edge] = process.argv.slice(2);
enableCompileCache(join(folder, 'cache'));
const { startGuardian } = await import('./shell/start.ts');
startGuardian(folder, edge === '--edge');
