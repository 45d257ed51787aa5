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
