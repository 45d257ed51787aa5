import { canonicalJson, type Json } from '@ioi/canon';
import type { DecideAction, Rejection, RuntimeToolContract, View } from '@ioi/protocol';
import { type GraphHead, type GraphSessionHead, graphKeys } from '../graphs/heads.ts';
import { routeOf } from '../graphs/own-steps.ts';
import { isOwnStep, type OwnGraphStep } from '../graphs/structure.ts';

/**
 * Why an act is not the one of the step whose session it is in, where the node carries the step out
 * itself: under another contract, or not what the sealed graph says. What came to the step from
 * others, and whatever goes as contents, is not compared. A person may change what they approve.
 */
export function otherThanStep(
  { request, contract_hash, inspection, edits }: DecideAction,
  contract: RuntimeToolContract,
  view: View,
): Rejection | undefined {
  const { session_id: session } = request.context;
  const head = session && view.get<GraphSessionHead>(graphKeys.session(session));
  if (!head) return undefined;
  const graph = view.get<GraphHead>(graphKeys.graph(head.graph_run_id));
  if (graph === undefined) return undefined;
  const { workflow, own = [] } = graph.opened;
  const step = workflow.steps.find(({ step_id }) => step_id === head.step_id);
  if (step === undefined || !isOwnStep(workflow, step)) return undefined;
  const sealed = own.find(({ step_id }) => step_id === head.step_id)?.contract_hash;
  if (sealed !== contract_hash) return other(step, 'its contract');
  if (edits !== undefined) return undefined;
  const { params } = request;
  const wrong = Object.entries(sealedOf(step, workflow.workflow_id)).find(([argument, value]) => {
    const given = contract.parameters.find((each) => each.argument === argument);
    // What was taken out of it before it left is no other text.
    if (given?.kind !== 'value' || inspection !== undefined) return false;
    return textOf(params[given.parameter]) !== textOf(value);
  });
  return wrong && other(step, wrong[0]);
}

/** What a step says of its act by itself, by the names of arguments. */
function sealedOf(step: OwnGraphStep, workflow: string): Readonly<Record<string, unknown>> {
  switch (step.kind) {
    case 'model':
      return { route: routeOf(step.model_id) };
    case 'approval':
      return { workflow, question: step.question };
    case 'tool': {
      const ports = new Set((step.inputs ?? []).map(({ name }) => name));
      const fixed = Object.entries(step.params ?? {});
      return Object.fromEntries(fixed.filter(([name]) => !ports.has(name)));
    }
  }
}

function other({ step_id }: OwnGraphStep, what: string): Rejection {
  return { code: 'graph.other_act', message: `${what} is not what ${step_id} of the graph says` };
}

function textOf(value: unknown): string | undefined {
  const text = canonicalJson((value ?? null) as Json);
  return text.ok ? text.value : undefined;
}
