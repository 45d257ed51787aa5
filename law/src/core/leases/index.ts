export type { Answered } from './answered.ts';
export { leaseFor } from './lease-for.ts';
export {
  type Leases,
  type LeaseTerms,
  type NotProposed,
  type ProposedLease,
  proposeLeases,
} from './propose.ts';
export type { LeaseProof } from './prove.ts';
