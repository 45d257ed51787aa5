import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/** One life of a writer, as a process of its own: started with the home and its number. */
const [home = '', life = '0'] = process.argv.slice(2);
enableCompileCache(join(home, 'cache'));
const { live } = await import('./domain-work.ts');
await live(home, life);
