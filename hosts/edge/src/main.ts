import { startEdge } from './shell/start.ts';

startEdge(process.argv[2] ?? '');
