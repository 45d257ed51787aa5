import { encodeUtf8 } from '@ioi/basis';
import { canonicalJson } from '@ioi/canon';
import type { WorkflowSchema } from '@ioi/protocol';
import type { WorkflowFlaw } from '../workflows/faults.ts';
import { branchesOf, isCarried, isLastResort } from './structure.ts';

/** One entry of the log has the whole of it, twice. */
const MOST_BYTES = 16 * 1024;
/** What a step leaves, and an end, name each of these; those too are one entry each. */
const MOST_STEPS = 64;
const MOST_PORTS = 32;

/** What no run of a graph does yet, each with its place: it is refused before a step begins. */
export function notCarriedOut(workflow: WorkflowSchema): readonly WorkflowFlaw[] {
  return [
    ...wrongSteps(workflow),
    ...wrongRecipes(workflow),
    ...wrongQuorums(workflow),
    ...wrongFallbacks(workflow),
    ...tooLarge(workflow),
  ];
}

function flaw(pointer: string, message: string): WorkflowFlaw {
  return { code: 'workflow.not_carried_out', pointer, message };
}

function wrongSteps(workflow: WorkflowSchema): readonly WorkflowFlaw[] {
  return workflow.steps.flatMap((step, at) => {
    const { kind, step_id: name, approval, outputs = [] } = step;
    if (approval === 'always' && !isCarried(workflow, step)) {
      return [flaw(`/steps/${at}/approval`, `${name}: a ${kind} does nothing that is decided`)];
    }
    const isYes = outputs.length === 0 || (outputs.length === 1 && outputs[0]?.type === 'flag');
    if (kind !== 'approval' || isYes) return [];
    return [flaw(`/steps/${at}/outputs`, `${name}: a person says yes or no: one flag`)];
  });
}

/** A recipe is run over a copy: over the folder itself it would judge what already stands there. */
function wrongRecipes({ steps, workspace }: WorkflowSchema): readonly WorkflowFlaw[] {
  return steps.flatMap((step, at) => {
    if (step.kind !== 'recipe') return [];
    const { step_id: name, inputs = [], outputs = [] } = step;
    const isBare = inputs.length === 0 && outputs.length === 0;
    const ports = isBare ? [] : [flaw(`/steps/${at}`, `${name}: a recipe takes and gives nothing`)];
    if (workspace === 'copy') return ports;
    return [...ports, flaw(`/steps/${at}`, `${name}: a recipe wants \`"workspace": "copy"\``)];
  });
}

/** Branches are what comes before by `order`; more than half of them agree, so on one thing. */
function wrongQuorums(workflow: WorkflowSchema): readonly WorkflowFlaw[] {
  const { steps, edges } = workflow;
  return steps.flatMap((step, at) => {
    if (step.kind !== 'quorum') return [];
    const { step_id: name, outputs = [], agree } = step;
    const branches = branchesOf(workflow, name);
    const found: WorkflowFlaw[] = [];
    if (agree > branches.length || 2 * agree <= branches.length) {
      const message = `${name}: of ${branches.length} branches more than half have to agree`;
      found.push(flaw(`/steps/${at}/agree`, message));
    }
    if (edges.some((edge) => edge.kind === 'order' && edge.to === name && edge.when)) {
      found.push(flaw(`/steps/${at}`, `${name}: its branches are there on no condition`));
    }
    for (const port of outputs) {
      const without = branches.find((branch) => {
        const own = steps.find(({ step_id }) => step_id === branch)?.outputs ?? [];
        return !own.some((each) => each.name === port.name && each.type === port.type);
      });
      if (without === undefined) continue;
      const message = `${name}: ${without} gives no ${port.type} \`${port.name}\``;
      found.push(flaw(`/steps/${at}/outputs`, message));
    }
    return found;
  });
}

/** One thing comes instead of one, and gives what that would have given. */
function wrongFallbacks(workflow: WorkflowSchema): readonly WorkflowFlaw[] {
  const { steps, edges } = workflow;
  return edges.flatMap((edge, at) => {
    if (edge.kind !== 'fallback') return [];
    const earlier = edges.slice(0, at).some((each) => {
      return each.kind === 'fallback' && (each.from === edge.from || each.to === edge.to);
    });
    if (earlier) return [flaw(`/edges/${at}`, `${edge.to}: one step comes instead of one`)];
    const [before, instead] = [edge.from, edge.to].map((name) =>
      steps.find(({ step_id }) => step_id === name),
    );
    if (before === undefined || instead === undefined || isLastResort(workflow, instead)) return [];
    const missing = (before.outputs ?? []).find(
      ({ name, type }) =>
        !(instead.outputs ?? []).some((each) => each.name === name && each.type === type),
    );
    if (missing === undefined) return [];
    const message = `${edge.to} gives no ${missing.type} \`${missing.name}\`, as ${edge.from} does`;
    return [flaw(`/edges/${at}`, message)];
  });
}

function tooLarge(workflow: WorkflowSchema): readonly WorkflowFlaw[] {
  const { steps } = workflow;
  const ports = [workflow, ...steps].flatMap(({ inputs = [], outputs = [] }) => [
    inputs.length,
    outputs.length,
  ]);
  if (steps.length > MOST_STEPS || Math.max(...ports) > MOST_PORTS) {
    return [flaw('', `more than ${MOST_STEPS} steps, or ${MOST_PORTS} ports on one side of one`)];
  }
  const text = canonicalJson(workflow);
  if (text.ok && encodeUtf8(text.value).length <= MOST_BYTES) return [];
  return [flaw('', `it has more than ${MOST_BYTES} bytes`)];
}
