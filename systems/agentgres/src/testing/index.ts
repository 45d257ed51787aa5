export { PatroniCluster, whyNoCluster } from './patroni-cluster.ts';
export { whyNoPostgres } from './postgres-programs.ts';
export { PostgresServer, type ServerOptions } from './postgres-server.ts';
export { signedLease } from './sessions.ts';
export { type StoreFixture, storeSuite } from './store-suite.ts';
export { TestBucket } from './test-bucket.ts';
