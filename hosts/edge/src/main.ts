import { startEdge } from './shell/start.ts';

startEdge();
