import { digestOf } from '@ioi/canon';
import type { OpenGraphRun, Rejection, View } from '@ioi/protocol';
import { keys } from '../boundary/heads.ts';
import { type InstalledHead, workerKeys } from '../workers/heads.ts';
import { linkFaults } from '../workflows/check-links.ts';
import { notCarriedOut } from './carried-out.ts';
import { delegationFlaws, type Manifest, taskOfStep } from './delegation.ts';
import { graphKeys } from './heads.ts';
import { heldOwn } from './own-steps.ts';
import { splitBudget, splitFlaws } from './split-budget.ts';
import { graphStep, isWorkerStep } from './structure.ts';
import { namesWorker } from './worker-names.ts';

/** Whether each is there its contract says. */
function toolsIn({ steps }: OpenGraphRun['workflow']): ReadonlySet<string> {
  return new Set(steps.flatMap((step) => (step.kind === 'tool' ? [step.tool] : [])));
}

/** Why a graph is not begun: before any step of it, with the place of the fault. */
export function heldOpening(opened: OpenGraphRun, view: View): Rejection | undefined {
  const { graph_run_id, graph_id, workflow, inputs } = opened;
  if (!view.get(keys.node)) return { code: 'node.no_genesis', message: 'the log has no genesis' };
  if (view.get(keys.policy) === undefined) {
    return { code: 'policy.none_active', message: 'no policy is active' };
  }
  if (view.get(graphKeys.run(graph_run_id)) !== undefined) {
    return { code: 'graph.exists', message: `${graph_run_id} was opened before` };
  }
  const hash = digestOf(workflow);
  if (!hash.ok || hash.value !== graph_id) {
    return { code: 'graph.other', message: 'graph_id is over another graph' };
  }
  if ((workflow.workspace === 'copy') !== (opened.overlay_run !== undefined)) {
    return {
      code: 'graph.no_copy',
      message: 'it has a copy where its graph says so, and only then',
    };
  }
  if (opened.labels_speculative === true && opened.overlay_run === undefined) {
    return { code: 'graph.no_copy', message: 'what is on no copy is not speculative' };
  }
  const bound = heldBound(opened, view) ?? heldOwn(opened, view);
  if (bound !== undefined) return bound;
  const [flaw] = [
    ...notCarriedOut(workflow),
    ...linkFaults(workflow, toolsIn(workflow)),
    ...delegationFlaws(workflow, manifestsOf(opened, view)),
    ...splitFlaws(workflow),
  ];
  if (flaw !== undefined) {
    return { code: flaw.code, message: `${flaw.pointer}: ${flaw.message}` };
  }
  const wanted = (workflow.inputs ?? []).filter(({ required }) => required !== false);
  const given = new Set(inputs.map(({ port }) => port));
  const isOurs = inputs.every(({ port }) => workflow.inputs?.some(({ name }) => name === port));
  if (!isOurs || given.size !== inputs.length) {
    return { code: 'graph.fed_twice', message: 'each of its inputs is given once, and no other' };
  }
  const missing = wanted.find(({ name }) => !given.has(name));
  if (missing === undefined) return undefined;
  return { code: 'graph.input_missing', message: `it is given no ${missing.name}` };
}

/** Each worker step has one installed worker, with no more than its part of the budget. */
function heldBound({ workflow, bound }: OpenGraphRun, view: View): Rejection | undefined {
  const workers = workflow.steps.filter(isWorkerStep);
  const split = splitBudget(workflow);
  const names = new Set(bound.map(({ step_id }) => step_id));
  if (names.size !== bound.length || bound.length !== workers.length) {
    return { code: 'graph.unbound', message: 'each step of a worker has one worker' };
  }
  const others: { readonly worker_id: string; readonly worker: string }[] = [];
  for (const { step_id, worker, manifest_hash, task, max_steps } of bound) {
    const step = graphStep(workflow, step_id);
    const head = view.get<InstalledHead>(workerKeys.installed(worker));
    if (step === undefined || !isWorkerStep(step)) {
      return { code: 'graph.unbound', message: `${step_id} is no step of a worker` };
    }
    if (head?.state !== 'installed' || head.manifest_hash !== manifest_hash) {
      return { code: 'worker.not_installed', message: `${worker} is not installed as it was` };
    }
    if (!namesWorker(step.worker_id, head)) {
      return { code: 'graph.unbound', message: `${worker} is not ${step.worker_id}` };
    }
    if (others.some((each) => each.worker_id === step.worker_id && each.worker !== worker)) {
      return { code: 'graph.unbound', message: `${step.worker_id} is one worker` };
    }
    others.push({ worker_id: step.worker_id, worker });
    if (taskOfStep(step, head.manifest as Manifest)?.name !== task) {
      return { code: 'workflow.unknown_task', message: `${worker} does not do ${task}` };
    }
    if (max_steps > (split.get(step_id) ?? 0)) {
      return { code: 'workflow.budget_exceeds', message: `${step_id} has more than its part` };
    }
  }
  return undefined;
}

function manifestsOf({ workflow, bound }: OpenGraphRun, view: View) {
  const workers = new Map(bound.map(({ step_id, worker }) => [step_id, worker]));
  const byName = new Map(
    workflow.steps.filter(isWorkerStep).map(({ step_id, worker_id }) => {
      const key = workerKeys.installed(workers.get(step_id) ?? '');
      return [worker_id, view.get<InstalledHead>(key)?.manifest as Manifest | undefined];
    }),
  );
  return (workerId: string): Manifest | undefined => byName.get(workerId);
}
