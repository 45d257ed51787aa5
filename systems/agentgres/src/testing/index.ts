export { PostgresServer, type ServerOptions, whyNoPostgres } from './postgres-server.ts';
