import { enableCompileCache } from 'node:module';
import { startGuardian } from './shell/start.ts';

enableCompileCache();
startGuardian(process.argv[2] ?? '');
