export {
  Connection as PostgresConnection,
  type PostgresOptions,
} from './postgres-connection.ts';
export { type Fetched, HintListener, type Look, PostgresFollower } from './postgres-follower.ts';
export { PostgresLease, type Told } from './postgres-lease.ts';
export { atPrimary } from './postgres-primary.ts';
export { openRawSession, type RawSession } from './postgres-raw.ts';
export { PostgresStore } from './postgres-store.ts';
