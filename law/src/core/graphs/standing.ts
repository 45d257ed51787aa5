import type { Digest } from '@ioi/canon';
import type { GraphStepArtifact, Rejection, View, WorkflowSchema } from '@ioi/protocol';
import { halves, WHOLE } from '../workflows/links.ts';
import { type GraphHead, type GraphStepHead, graphKeys } from './heads.ts';
import { parentsOf, type StateOf, sourceOf } from './structure.ts';

type Given = GraphStepArtifact['inputs'];

/** The steps of one run of a graph, as they stand in the log. */
export class GraphStanding {
  readonly workflow: WorkflowSchema;
  readonly #graph: GraphHead;
  readonly #view: Pick<View, 'get'>;

  constructor(graph: GraphHead, view: Pick<View, 'get'>) {
    this.#graph = graph;
    this.workflow = graph.opened.workflow;
    this.#view = view;
  }

  step(stepId: string): GraphStepHead | undefined {
    const { graph_run_id } = this.#graph.opened;
    return this.#view.get<GraphStepHead>(graphKeys.step(graph_run_id, stepId));
  }

  settled(stepId: string): Exclude<GraphStepHead, { readonly state: 'begun' }> | undefined {
    const head = this.step(stepId);
    return head === undefined || head.state === 'begun' ? undefined : head;
  }

  readonly stateOf: StateOf = (stepId) => this.settled(stepId)?.state;

  /** Artifacts that a step commits to; undefined while it has to wait. */
  parents(stepId: string): readonly Digest[] | undefined {
    const names = parentsOf(this.workflow, stepId, this.stateOf);
    return names?.map((name) => this.settled(name)?.artifact_hash as Digest);
  }

  /** Whether each value is what its source has, and each source leads to its port. */
  wrongGiven(holder: string, given: Given): Rejection | undefined {
    const ports = new Set<string>();
    for (const { port, from, canonical_payload_hash } of given) {
      const at = `${holder}.${port}`;
      if (ports.has(port)) return { code: 'graph.fed_twice', message: `${at} is given twice` };
      ports.add(port);
      const leads = this.workflow.edges.some((edge) => {
        if (edge.kind !== 'data' || edge.to !== at) return false;
        return sourceOf(this.workflow, edge.from, this.stateOf) === from;
      });
      if (!leads) return { code: 'graph.no_edge', message: `nothing leads from ${from} to ${at}` };
      if (this.#hashAt(from) === canonical_payload_hash) continue;
      return { code: 'graph.chain_broken', message: `${at} is not what came out of ${from}` };
    }
    return undefined;
  }

  #hashAt(ref: string): string | undefined {
    const [holder, port] = halves(ref);
    const payloads =
      holder === WHOLE.inputs ? this.#graph.opened.inputs : this.settled(holder)?.artifact.outputs;
    return payloads?.find((each) => each.port === port)?.canonical_payload_hash;
  }
}

export function sameList(one: readonly string[], other: readonly string[] = []): boolean {
  return one.length === other.length && one.every((each, at) => each === other[at]);
}
