export { serveEverything } from './real-servers.ts';
