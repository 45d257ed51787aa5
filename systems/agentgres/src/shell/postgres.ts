export {
  Connection as PostgresConnection,
  type PostgresOptions,
} from './postgres-connection.ts';
export { atPrimary } from './postgres-primary.ts';
export { openRawSession, type RawSession } from './postgres-raw.ts';
export { PostgresStore } from './postgres-store.ts';
