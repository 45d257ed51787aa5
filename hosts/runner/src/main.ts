import { startRunner } from './shell/start.ts';

await startRunner(process.env['IOI_RUN_REQUEST'] ?? '');
