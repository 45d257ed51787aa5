export { type GuardianConfig, genesisOf } from './serve.ts';
