import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const folder = process.argv[2] ?? '';
enableCompileCache(join(folder, 'cache'));
const { startGuardian } = await import('./shell/start.ts');
startGuardian(folder);
