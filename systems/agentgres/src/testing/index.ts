export { PostgresServer, type ServerOptions, whyNoPostgres } from './postgres-server.ts';
export { signedLease } from './sessions.ts';
