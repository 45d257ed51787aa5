import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const [folder = '', ...given] = process.argv.slice(2);
enableCompileCache(join(folder, 'cache'));
const { systemClock } = await import('./shell/system-clock.ts');
const { startGuardian } = await import('./shell/start.ts');
const origin = given.find((each) => each.startsWith('--page='))?.slice('--page='.length);
startGuardian(folder, { hasEdge: given.includes('--edge'), origin, readClock: systemClock });
