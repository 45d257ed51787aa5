import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import {
  type BeginGraphStep,
  type CancelGraphRun,
  type EndGraphRun,
  type GraphStepArtifact,
  type HeadChange,
  type HeadKey,
  isBeginGraphStep,
  isCancelGraphRun,
  isEndGraphRun,
  isGraphStepArtifact,
  isOpenGraphRun,
  type Module,
  type NamedOperation,
  type OpenGraphRun,
  type Operation,
  type Rejection,
  type Stamp,
  type View,
} from '@ioi/protocol';
import { type BudgetHead, keys } from '../boundary/heads.ts';
import { workerKeys } from '../workers/heads.ts';
import {
  type GraphCarrierHead,
  type GraphHead,
  type GraphRunHead,
  type GraphSessionHead,
  graphKeys,
  type OpenGraph,
  spendIdOf,
} from './heads.ts';
import { heldArtifact } from './held-artifact.ts';
import { heldBegin } from './held-begin.ts';
import { heldEnd } from './held-end.ts';
import { heldOpening } from './held-opening.ts';

const GRAPHS = 'graphs';
const VERSION = '1';

export const OPEN_GRAPH_RUN = `${GRAPHS}/open`;
export const BEGIN_GRAPH_STEP = `${GRAPHS}/begin`;
export const SETTLE_GRAPH_STEP = `${GRAPHS}/settle`;
export const CANCEL_GRAPH_RUN = `${GRAPHS}/cancel`;
export const END_GRAPH_RUN = `${GRAPHS}/end`;

/** What is remembered of runs of graphs; together with the operation it stands in the log. */
export type GraphEvent =
  | { readonly type: 'graph_run.opened'; readonly opened: OpenGraphRun }
  | {
      readonly type: 'graph_step.begun';
      readonly begun: BeginGraphStep;
      /** Where it is bounded in what it spends. */
      readonly bounds?: SpendBounds;
    }
  | {
      readonly type: 'graph_step.settled';
      readonly artifact: GraphStepArtifact;
      readonly artifact_hash: Digest;
    }
  | { readonly type: 'graph_run.cancelled'; readonly graph_run_id: string }
  | {
      readonly type: 'graph_run.ended';
      readonly ended: EndGraphRun;
      /** Budgets of it and its steps that held something: nothing is counted in them any more. */
      readonly budgets?: readonly string[];
    };

type SpendBounds = Pick<GraphSessionHead, 'whole' | 'own'>;
type EventOf<T extends GraphEvent['type']> = Extract<GraphEvent, { readonly type: T }>;

/** Graphs as they are carried out: each step once, after those before it (whitepaper 4.8.1). */
export function graphsModule(): Module<GraphEvent> {
  const operations = {
    open: openGraph as unknown as NamedOperation<GraphEvent>,
    begin: beginStep as unknown as NamedOperation<GraphEvent>,
    settle: settleStep as unknown as NamedOperation<GraphEvent>,
    cancel: cancelGraph as unknown as NamedOperation<GraphEvent>,
    end: endGraph as unknown as NamedOperation<GraphEvent>,
  };
  const manifest = { name: GRAPHS, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: GRAPHS,
    version: VERSION,
    moduleHash: moduleHash.value,
    classes: {
      graph: { limit: undefined },
      graph_run: { limit: undefined },
      graph_step: { limit: undefined },
      graph_carrier: { limit: undefined },
      graph_session: { limit: undefined },
    },
    operations,
    touches,
    evolve,
  };
}

const openGraph: Operation<OpenGraphRun, GraphEvent> = {
  authors: ['channel'],
  accepts: isOpenGraphRun,
  reads: ({ graph_run_id, bound, own = [] }) => [
    ...[keys.node, keys.policy, graphKeys.graph(graph_run_id), graphKeys.run(graph_run_id)],
    ...bound.map(({ worker }) => workerKeys.installed(worker)),
    ...own.map(({ contract_hash }) => keys.contract(contract_hash)),
  ],
  needs: () => [],
  decide: (opened, { view }) => {
    const refused = heldOpening(opened, view);
    return refused === undefined ? ok([{ type: 'graph_run.opened', opened }]) : err(refused);
  },
};

const beginStep: Operation<BeginGraphStep, GraphEvent> = {
  authors: ['channel'],
  accepts: isBeginGraphStep,
  reads: ({ graph_run_id, run_id, session_id }, view) => [
    ...graphReads(graph_run_id, view),
    ...[workerKeys.run(run_id), graphKeys.carrier(run_id)],
    ...(session_id === undefined ? [] : [graphKeys.session(session_id)]),
  ],
  needs: () => [],
  decide: (begun, { view, at }) => {
    const open = openIn(view, begun.graph_run_id);
    if (!open.ok) return open;
    const refused = heldBegin(begun, open.value, view, at);
    if (refused !== undefined) return err(refused);
    const bounds = boundsOf(open.value.graph, begun.step_id);
    const isBounded = Object.keys(bounds).length > 0;
    return ok([{ type: 'graph_step.begun', begun, ...(isBounded ? { bounds } : {}) }]);
  },
};

const settleStep: Operation<GraphStepArtifact, GraphEvent> = {
  authors: ['channel'],
  accepts: isGraphStepArtifact,
  reads: ({ graph_run_id, run_id }, view) => [
    ...graphReads(graph_run_id, view),
    ...(run_id === undefined ? [] : [workerKeys.run(run_id)]),
  ],
  needs: () => [],
  decide: (artifact, { view }) => {
    const open = openIn(view, artifact.graph_run_id);
    if (!open.ok) return open;
    const refused = heldArtifact(artifact, open.value, view);
    if (refused !== undefined) return err(refused);
    const hash = digestOf(artifact);
    assert(hash.ok, 'what is sealed has a canonical form');
    return ok([{ type: 'graph_step.settled', artifact, artifact_hash: hash.value }]);
  },
};

const cancelGraph: Operation<CancelGraphRun, GraphEvent> = {
  authors: ['channel'],
  accepts: isCancelGraphRun,
  reads: ({ graph_run_id: id }) => [graphKeys.graph(id), graphKeys.run(id)],
  needs: () => [],
  decide: ({ graph_run_id }, { view }) => {
    const open = openIn(view, graph_run_id);
    return open.ok ? ok([{ type: 'graph_run.cancelled', graph_run_id }]) : open;
  },
};

const endGraph: Operation<EndGraphRun, GraphEvent> = {
  authors: ['channel'],
  accepts: isEndGraphRun,
  reads: ({ graph_run_id }, view) => [
    ...graphReads(graph_run_id, view),
    ...budgetsOf(view.get<GraphHead>(graphKeys.graph(graph_run_id))).map(keys.budget),
  ],
  needs: () => [],
  decide: (ended, { view }) => {
    const open = openIn(view, ended.graph_run_id);
    if (!open.ok) return open;
    const refused = heldEnd(ended, open.value, view);
    if (refused !== undefined) return err(refused);
    // Only where it is asked for: an end in an older log is decided again as it was.
    const named = ended.frees_budgets === true ? budgetsOf(open.value.graph) : [];
    const budgets = named.filter((id) => isSettled(view, id));
    const spent = budgets.length === 0 ? {} : { budgets };
    return ok([{ type: 'graph_run.ended', ended, ...spent }]);
  },
};

/** What its acts may have drawn on. */
function budgetsOf(graph: GraphHead | undefined): readonly string[] {
  if (graph === undefined) return [];
  const { graph_run_id: id, workflow } = graph.opened;
  const bounded = workflow.steps.filter(({ budget }) => budget?.max_spend !== undefined);
  return [
    ...(workflow.budget?.max_spend === undefined ? [] : [spendIdOf(id)]),
    ...bounded.map(({ step_id }) => spendIdOf(id, step_id)),
  ];
}

/** What may still be given back has to be there when it is. */
function isSettled(view: View, budgetId: string): boolean {
  const head = view.get<BudgetHead>(keys.budget(budgetId));
  return head?.uses.every(({ settled }) => settled) === true;
}

function graphReads(graphRunId: string, view: View): readonly HeadKey[] {
  const graph = view.get<GraphHead>(graphKeys.graph(graphRunId));
  const steps = graph?.opened.workflow.steps ?? [];
  return [
    ...[keys.policy, graphKeys.graph(graphRunId), graphKeys.run(graphRunId)],
    ...steps.map(({ step_id }) => graphKeys.step(graphRunId, step_id)),
  ];
}

function openIn(view: View, graphRunId: string): Result<OpenGraph, Rejection> {
  const graph = view.get<GraphHead>(graphKeys.graph(graphRunId));
  const run = view.get<GraphRunHead>(graphKeys.run(graphRunId));
  if (graph === undefined || run === undefined) {
    return err({ code: 'graph.unknown', message: `no run of a graph is ${graphRunId}` });
  }
  if (run.state === 'open' || run.state === 'cancelling') return ok({ graph, run });
  return err({ code: 'graph.not_open', message: `${graphRunId} is ${run.state}` });
}

function touches(event: GraphEvent): readonly HeadKey[] {
  switch (event.type) {
    case 'graph_run.opened': {
      const { graph_run_id: id } = event.opened;
      return [graphKeys.graph(id), graphKeys.run(id)];
    }
    case 'graph_step.begun':
      return beginKeys(event.begun);
    case 'graph_step.settled':
      return stepKeys(event.artifact);
    case 'graph_run.cancelled':
      return [graphKeys.run(event.graph_run_id)];
    case 'graph_run.ended': {
      const budgets = (event.budgets ?? []).map(keys.budget);
      return [graphKeys.run(event.ended.graph_run_id), ...budgets];
    }
  }
}

function beginKeys(begun: BeginGraphStep): HeadKey[] {
  const { run_id, session_id: session } = begun;
  const ofSession = session === undefined ? [] : [graphKeys.session(session)];
  return [...stepKeys(begun), graphKeys.carrier(run_id), ...ofSession];
}

function stepKeys({ graph_run_id, step_id }: BeginGraphStep | GraphStepArtifact): HeadKey[] {
  return [graphKeys.run(graph_run_id), graphKeys.step(graph_run_id, step_id)];
}

function evolve(view: View, event: GraphEvent, at: Stamp): readonly HeadChange[] {
  switch (event.type) {
    case 'graph_run.opened':
      return opened(event.opened, at);
    case 'graph_step.begun':
      return begunChanges(view, event, at);
    case 'graph_step.settled': {
      const { artifact, artifact_hash } = event;
      const { graph_run_id, step_id, state } = artifact;
      const key = graphKeys.step(graph_run_id, step_id);
      const begun = view.get(key) === undefined ? 0 : -1;
      return [
        runChange(view, graph_run_id, { begun }),
        { key, value: { state, artifact, artifact_hash } },
      ];
    }
    case 'graph_run.cancelled':
      return [runChange(view, event.graph_run_id, { state: 'cancelling' })];
    case 'graph_run.ended': {
      const { graph_run_id, state, code, detail, frees_budgets: freed } = event.ended;
      const reason = { ...(code === undefined ? {} : { code }), ...(detail ? { detail } : {}) };
      const why = { ...reason, ...(freed === undefined ? {} : { freed }) };
      const gone = (event.budgets ?? []).map((id) => ({ key: keys.budget(id), value: undefined }));
      return [runChange(view, graph_run_id, { state, ...why }), ...gone];
    }
  }
}

function begunChanges(
  view: View,
  { begun, bounds }: EventOf<'graph_step.begun'>,
  at: Stamp,
): readonly HeadChange[] {
  const { graph_run_id, step_id, run_id, session_id, inputs, parents } = begun;
  const session = session_id === undefined ? {} : { session_id };
  const value = {
    ...{ state: 'begun', run_id, inputs, parents, begun_seq: String(at.seq) },
    ...session,
  };
  const carries: GraphCarrierHead = { graph_run_id, step_id };
  const changes = [
    runChange(view, graph_run_id, { begun: 1 }),
    { key: graphKeys.step(graph_run_id, step_id), value },
    { key: graphKeys.carrier(run_id), value: carries },
  ];
  if (session_id === undefined) return changes;
  return [...changes, { key: graphKeys.session(session_id), value: { ...carries, ...bounds } }];
}

/** What a step may spend, and what its graph may. */
function boundsOf({ opened: { workflow } }: GraphHead, stepId: string): SpendBounds {
  const { budget, steps } = workflow;
  const whole = budget?.max_spend;
  const own = steps.find(({ step_id }) => step_id === stepId)?.budget?.max_spend;
  return { ...(whole === undefined ? {} : { whole }), ...(own === undefined ? {} : { own }) };
}

function opened(payload: OpenGraphRun, at: Stamp): readonly HeadChange[] {
  const { graph_run_id, graph_id, workflow } = payload;
  const graph = { opened: payload, opened_at: String(at.chainTime) };
  const { workflow_id } = workflow;
  const about = { graph_run_id, graph_id, workflow_id, state: 'open', running: 0 };
  return [
    { key: graphKeys.graph(graph_run_id), value: graph },
    { key: graphKeys.run(graph_run_id), value: { ...about, opened_seq: String(at.seq) } },
  ];
}

type RunChange = { readonly begun?: number } & Partial<Omit<GraphRunHead, 'running'>>;

function runChange(view: View, graphRunId: string, { begun = 0, ...rest }: RunChange): HeadChange {
  const key = graphKeys.run(graphRunId);
  const head = view.get<GraphRunHead>(key);
  assert(head !== undefined, 'a run of a graph that goes on was opened');
  return { key, value: { ...head, ...rest, running: head.running + begun } };
}
