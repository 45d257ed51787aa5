export { type Act, actOf, isRequested, wordsOf } from './acts.ts';
export {
  type EvidenceGraph,
  observeResult,
  openGraph,
  type ProposedAct,
  type Provenance,
  provenanceOf,
} from './graph.ts';
