export {
  buildCommit,
  type Commit,
  type CommitInput,
  closeCommit,
} from './admit.ts';
export type {
  Append,
  Attestor,
  CommitStamp,
  LogStore,
  Payloads,
  Prepared,
  Recovered,
  Refusal,
  Seal,
  Sealed,
  StoredEntry,
} from './ports.ts';
export * from './projection/index.ts';
export { type LeaseContext, leaseMessage, mayRead, verifySessionLease } from './session-lease.ts';
