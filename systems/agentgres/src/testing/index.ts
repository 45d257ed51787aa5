export { PostgresServer, type ServerOptions, whyNoPostgres } from './postgres-server.ts';
export { signedLease } from './sessions.ts';
export { type StoreFixture, storeSuite } from './store-suite.ts';
