export type { Answered } from './answered.ts';
export {
  type Leases,
  type LeaseTerms,
  type NotProposed,
  type ProposedLease,
  proposeLeases,
} from './propose.ts';
export type { LeaseProof } from './prove.ts';
