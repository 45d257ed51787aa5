export { signedLease } from './sessions.ts';
