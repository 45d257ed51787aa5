import { digestOf } from '@ioi/canon';
import type { GraphStepArtifact, Rejection, View } from '@ioi/protocol';
import { keys, type PolicyHead } from '../boundary/heads.ts';
import { type WorkerRunHead, workerKeys } from '../workers/heads.ts';
import type { GraphStepHead, OpenGraph } from './heads.ts';
import { endsBy } from './held-begin.ts';
import { GraphStanding, sameList } from './standing.ts';
import {
  branchesOf,
  type CarriedGraphStep,
  graphStep,
  isCarried,
  isLastResort,
  isSurelyReached,
  isWorkerStep,
  type OwnGraphStep,
  replacedBy,
  standInFor,
  type WorkerGraphStep,
} from './structure.ts';

type Begun = Extract<GraphStepHead, { readonly state: 'begun' }>;

/** Why a step does not leave this artifact. */
export function heldArtifact(
  artifact: GraphStepArtifact,
  open: OpenGraph,
  view: View,
): Rejection | undefined {
  const { graph } = open;
  const { step_id, graph_id, state } = artifact;
  const standing = new GraphStanding(graph, view);
  const step = graphStep(graph.opened.workflow, step_id);
  if (step === undefined || graph_id !== graph.opened.graph_id) {
    return { code: 'graph.no_step', message: `${step_id} is no step of ${graph_id}` };
  }
  const head = standing.step(step_id);
  if (head !== undefined && head.state !== 'begun') {
    return { code: 'graph.step_settled', message: `${step_id} is settled` };
  }
  if (state !== 'completed' && artifact.outputs.length > 0) {
    return { code: 'graph.wrong_outputs', message: `${step_id} gave nothing: it is ${state}` };
  }
  const isSpeculative = graph.opened.labels_speculative === true && artifact.outputs.length > 0;
  if ((artifact.speculative === true) !== isSpeculative) {
    const message = `what ${step_id} gives is labelled as speculative where it is on a copy`;
    return { code: 'graph.unlabelled', message };
  }
  if (head !== undefined && isCarried(standing.workflow, step)) {
    return ofRun(artifact, { open, step, begun: head, view });
  }
  if (state === 'skipped' && head === undefined) {
    const given = new Set(graph.opened.inputs.map(({ port }) => port));
    const about = { stateOf: standing.stateOf, given };
    // What a condition looks at is a value, which nobody sees here.
    if (isSurelyReached(standing.workflow, step, about)) {
      return { code: 'graph.wrong_skip', message: `whatever comes, ${step_id} is reached` };
    }
  }
  return neverBegun(artifact, standing, view);
}

type OfRun = {
  readonly open: OpenGraph;
  readonly step: CarriedGraphStep;
  readonly begun: Begun;
  readonly view: View;
};

function ofRun(artifact: GraphStepArtifact, about: OfRun): Rejection | undefined {
  const { step, begun, view } = about;
  const { step_id, state, run_id, parents, inputs, outputs } = artifact;
  if (run_id !== begun.run_id) {
    return { code: 'graph.other_run', message: `${step_id} is carried out by ${begun.run_id}` };
  }
  const isSame = digestsMatch(inputs, begun.inputs) && sameList(parents, begun.parents);
  if (!isSame) return { code: 'graph.chain_broken', message: `${step_id} began with others` };
  const run = view.get<WorkerRunHead>(workerKeys.run(run_id));
  if (run === undefined) {
    const isNone = state === 'failed' || state === 'cancelled';
    if (isNone) return wrongPolicy(artifact, policyNow(view));
    return { code: 'graph.not_run', message: `${run_id} was never opened` };
  }
  // One may return something else than its graph says that it does.
  if (begun.session_id !== undefined && begun.session_id !== run.run.session_id) {
    return { code: 'graph.other_run', message: `${run_id} has another session` };
  }
  const isAs = state === run.state || (state === 'failed' && run.state === 'completed');
  if (!isAs) return { code: 'graph.wrong_end', message: `${run_id} is ${run.state}` };
  const wider = beyond(run, about);
  if (wider !== undefined) return { code: 'graph.authority_exceeds', message: wider };
  const takesNo = (step.outputs ?? []).length > 0;
  if (state === 'completed' && run.answer === 'no' && !takesNo) {
    return { code: 'graph.wrong_end', message: `a person said no to ${step_id}` };
  }
  const promised = state === 'completed' ? (step.outputs ?? []).map(({ name }) => name) : [];
  if (!sameList(namesOf(outputs), promised)) {
    return { code: 'graph.wrong_outputs', message: `${step_id} gives ${promised.join(', ')}` };
  }
  return wrongPolicy(artifact, run.policy_hash);
}

/** What a run was given beyond what its step delegates; undefined where nothing. */
function beyond(head: WorkerRunHead, { open, step, begun }: OfRun): string | undefined {
  const more = isWorkerStep(step) ? beyondWorker(head, step, open) : beyondOwn(head, step, open);
  if (more !== undefined) return more;
  const { deadline } = head.run.task.constraints;
  const end = endsBy(open.graph);
  if (end === undefined || (deadline !== undefined && BigInt(deadline) <= end)) return undefined;
  return `it may go on after the time of ${begun.run_id} is over`;
}

/** What the node does itself is the step as it is sealed, in one act under its contract. */
function beyondOwn(
  { run }: WorkerRunHead,
  step: OwnGraphStep,
  { graph }: OpenGraph,
): string | undefined {
  const own = graph.opened.own?.find(({ step_id }) => step_id === step.step_id);
  if (own === undefined || run.own?.contract_hash !== own.contract_hash) {
    return 'it is under another contract';
  }
  const isThis = run.program_hash === textOf(step) && run.task.objective === step.kind;
  return isThis ? undefined : 'it is a run of something else';
}

function beyondWorker(
  { run }: WorkerRunHead,
  step: WorkerGraphStep,
  { graph }: OpenGraph,
): string | undefined {
  const bound = graph.opened.bound.find(({ step_id }) => step_id === step.step_id);
  const { managed, task } = run;
  const { primitive_capabilities_required: prims, authority_scopes_required: scopes } = task;
  const { max_steps = Number.POSITIVE_INFINITY } = task.constraints;
  if (bound === undefined) return 'no worker is bound to it';
  if (managed?.id !== bound.worker || managed.manifest_hash !== bound.manifest_hash) {
    return `it is a run of another worker than ${bound.worker}`;
  }
  if (task.objective !== bound.task) return `it does ${task.objective}, not ${bound.task}`;
  if (max_steps > bound.max_steps) return `it may take more than ${bound.max_steps} steps`;
  if (step.approval === 'always' && run.approval !== 'always') return 'nobody was to decide it';
  const held: readonly string[] = [...(step.capabilities ?? []), ...(step.scopes ?? [])];
  const more = [...prims, ...scopes].find((each) => !held.includes(each));
  return more === undefined ? undefined : `its step does not delegate ${more}`;
}

/** A quorum, a question to a person, or a step that nothing led to. */
function neverBegun(
  artifact: GraphStepArtifact,
  standing: GraphStanding,
  view: View,
): Rejection | undefined {
  const { step_id, state, run_id, parents, inputs, outputs } = artifact;
  const step = graphStep(standing.workflow, step_id);
  if (run_id !== undefined || inputs.length > 0) {
    return { code: 'graph.other_run', message: `${step_id} did not begin` };
  }
  if (!sameList(parents, standing.parents(step_id))) {
    return { code: 'graph.wrong_parents', message: `${step_id} does not follow what it names` };
  }
  const isQuorum = step?.kind === 'quorum' && (state === 'completed' || state === 'failed');
  const before = replacedBy(standing.workflow, step_id);
  const hasFailed = before !== undefined && standing.stateOf(before) === 'failed';
  const isLast = step !== undefined && isLastResort(standing.workflow, step);
  const isAsked = isLast && state === 'escalated' && hasFailed;
  const refused = isQuorum ? wrongQuorum(artifact, standing) : undefined;
  if (refused !== undefined) return refused;
  const isRun = step?.kind === 'recipe' && (state === 'completed' || state === 'failed');
  if (isRun && outputs.length > 0) {
    return { code: 'graph.wrong_outputs', message: `${step_id} gives nothing` };
  }
  if (isQuorum || isAsked || isRun || state === 'skipped')
    return wrongPolicy(artifact, policyNow(view));
  return { code: 'graph.wrong_end', message: `${step_id} did not begin, so it is not ${state}` };
}

/** Its outputs are what enough of its branches gave, by their hashes; else it failed. */
function wrongQuorum(
  { step_id, state, outputs }: GraphStepArtifact,
  standing: GraphStanding,
): Rejection | undefined {
  const { workflow, stateOf } = standing;
  const step = graphStep(workflow, step_id);
  if (step?.kind !== 'quorum') return { code: 'graph.no_step', message: `${step_id} is none` };
  const names = (step.outputs ?? []).map(({ name }) => name);
  const given = branchesOf(workflow, step_id).flatMap((branch) => {
    const standIn = standInFor(workflow, branch, stateOf);
    if (standIn.kind !== 'done') return [];
    const gave = standing.settled(standIn.step)?.artifact.outputs ?? [];
    return [names.map((name) => gave.find(({ port }) => port === name))];
  });
  const equal = Map.groupBy(given, (each) => textOf(each));
  const most = [...equal].find(([, each]) => each.length >= step.agree);
  const agreed = most?.[0];
  const isRight = agreed === undefined ? state === 'failed' : textOf(outputs) === agreed;
  if (isRight) return undefined;
  return { code: 'graph.wrong_quorum', message: `${step_id} is not what its branches agree on` };
}

function textOf(value: unknown): string {
  const hash = digestOf(value);
  return hash.ok ? hash.value : '';
}

function digestsMatch(one: object, other: object): boolean {
  return textOf(one) === textOf(other);
}

function namesOf(outputs: GraphStepArtifact['outputs']): readonly string[] {
  return outputs.map(({ port }) => port);
}

function policyNow(view: View): string | undefined {
  return view.get<PolicyHead>(keys.policy)?.policy_hash;
}

function wrongPolicy(
  { step_id, policy_hash }: GraphStepArtifact,
  held: string | undefined,
): Rejection | undefined {
  if (policy_hash === held) return undefined;
  return { code: 'graph.wrong_policy', message: `${step_id} was decided under ${held}` };
}
