export { genesisOf } from './serve.ts';
