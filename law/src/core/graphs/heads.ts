import type { Digest } from '@ioi/canon';
import type { EndGraphRun, GraphStepArtifact, HeadKey, Money, OpenGraphRun } from '@ioi/protocol';

/** What a run of a graph is of; it never changes. */
export type GraphHead = {
  readonly opened: OpenGraphRun;
  /** Chain Time. */
  readonly opened_at: string;
};

/** How far it is. */
export type GraphRunHead = {
  readonly graph_run_id: string;
  readonly graph_id: Digest;
  readonly workflow_id: string;
  readonly state: 'open' | 'cancelling' | EndGraphRun['state'];
  /** Steps that began and are not settled. */
  readonly running: number;
  readonly opened_seq: string;
  readonly code?: string;
  readonly detail?: string;
  /** What was spent in it is counted no longer. */
  readonly freed?: true;
};

export type GraphStepHead =
  | {
      readonly state: 'begun';
      readonly run_id: string;
      /** Of its acts. */
      readonly session_id?: string;
      readonly inputs: GraphStepArtifact['inputs'];
      readonly parents: readonly string[];
      readonly begun_seq: string;
    }
  /** `artifact_hash`: its name. */
  | {
      readonly state: GraphStepArtifact['state'];
      readonly artifact: GraphStepArtifact;
      readonly artifact_hash: Digest;
    };

/** Which step a run of a worker carries out: it is no other's, of whichever graph. */
export type GraphCarrierHead = { readonly graph_run_id: string; readonly step_id: string };

/** What the acts of a session may spend, where its graph or its step says so, and their number. */
export type GraphSessionHead = GraphCarrierHead & {
  readonly whole?: Money;
  readonly own?: Money;
  /** Acts that were decided, also those that nobody let through. */
  readonly acts?: number;
};

/** The budget that a whole graph draws on, or one step of it: there until the graph has ended. */
export function spendIdOf(graphRunId: string, stepId?: string): string {
  return `graph_spend:${graphRunId}${stepId === undefined ? '' : `/${stepId}`}`;
}

export type OpenGraph = { readonly graph: GraphHead; readonly run: GraphRunHead };

export const graphKeys = {
  graph: (graphRunId: string): HeadKey => ({ headClass: 'graph', id: graphRunId }),
  run: (graphRunId: string): HeadKey => ({ headClass: 'graph_run', id: graphRunId }),
  step: (graphRunId: string, stepId: string): HeadKey => {
    return { headClass: 'graph_step', id: `${graphRunId}/${stepId}` };
  },
  session: (sessionId: string): HeadKey => ({ headClass: 'graph_session', id: sessionId }),
  carrier: (runId: string): HeadKey => ({ headClass: 'graph_carrier', id: runId }),
} as const;
