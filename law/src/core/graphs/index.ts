export { askContract, isAskContract } from './ask-contract.ts';
export {
  INSTRUCTION as GRAPH_INSTRUCTION,
  isWhole,
  type Manifest as WorkerAbilities,
  type ManifestOf,
  taskOfStep,
} from './delegation.ts';
export {
  type GraphHead,
  type GraphRunHead,
  type GraphStepHead,
  graphKeys,
} from './heads.ts';
export { endsBy as graphEndsBy } from './held-begin.ts';
export {
  BEGIN_GRAPH_STEP,
  CANCEL_GRAPH_RUN,
  END_GRAPH_RUN,
  type GraphEvent,
  OPEN_GRAPH_RUN,
  SETTLE_GRAPH_STEP,
} from './module.ts';
export { contractFor, routeOf } from './own-steps.ts';
export {
  type Delivered,
  type GraphMove,
  type GraphProgress,
  graphMoves,
  type StepRecord as GraphStepRecord,
  type Values as GraphValues,
} from './progress.ts';
export { splitBudget } from './split-budget.ts';
export { GraphStanding } from './standing.ts';
export {
  type CarriedGraphStep,
  graphStep,
  isCarried as isCarriedStep,
  isOwnStep,
  isWorkerStep,
  type OwnGraphStep,
  type WorkerGraphStep,
} from './structure.ts';
export { namesWorker } from './worker-names.ts';
