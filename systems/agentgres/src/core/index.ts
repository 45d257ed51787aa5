export { type Closing, closeCommit, rowsOf } from './commit.ts';
export type {
  Append,
  Attestor,
  CommitStamp,
  Later,
  LogStore,
  Payloads,
  Prepared,
  Recovered,
  Reference,
  Refusal,
  Seal,
  Sealed,
  StoredEntry,
  TreeSnapshot,
} from './ports.ts';
