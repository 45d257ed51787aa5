import { encodeUtf8 } from '@ioi/basis';
import { canonicalJson, type Json } from '@ioi/canon';
import type {
  ActionRequest,
  DecideAction,
  Rejection,
  RuntimeToolContract,
  View,
} from '@ioi/protocol';
import { referenceIn } from '../content/reference.ts';
import { askContract } from '../graphs/ask-contract.ts';
import { type GraphHead, type GraphSessionHead, graphKeys } from '../graphs/heads.ts';
import { routeOf } from '../graphs/own-steps.ts';
import { isOwnStep, type OwnGraphStep } from '../graphs/structure.ts';

type Params = ActionRequest['params'];

/** Parameter with the arguments that the contract gives no meaning. */
const REST = 'arguments';
/** Bytes of a text that always stands in a request as it is. */
const LONGEST_PLAIN = 256;
const ASKS = askContract().target;

/**
 * Why an act is not the one of the step whose session it is in, where the node carries the step out
 * itself: under another contract, or not what the sealed graph says. What came to the step from
 * others, and whatever goes as contents, is not compared. A person may change what they approve. A
 * question of a workflow is asked by such a step alone.
 */
export function otherThanStep(
  { request, contract_hash, inspection, edits }: DecideAction,
  contract: RuntimeToolContract,
  view: View,
): Rejection | undefined {
  const found = ownStepOf(request.context.session_id, view);
  if (contract.target === ASKS && found?.step.kind !== 'approval') return ASKED_BY_NOBODY;
  if (found === undefined) return undefined;
  const { step, workflow, sealed } = found;
  if (sealed !== contract_hash) return other(step, 'its contract');
  // What was taken out of it before it left is no other text.
  if (edits !== undefined || inspection !== undefined) return undefined;
  const wrong = wrongIn(step, saidBy(step, workflow), { params: request.params, contract });
  return wrong === undefined ? undefined : other(step, wrong);
}

function ownStepOf(session: string | undefined, view: View) {
  const head = session && view.get<GraphSessionHead>(graphKeys.session(session));
  if (!head) return undefined;
  const graph = view.get<GraphHead>(graphKeys.graph(head.graph_run_id));
  if (graph === undefined) return undefined;
  const { workflow, own = [] } = graph.opened;
  const step = workflow.steps.find(({ step_id }) => step_id === head.step_id);
  if (step === undefined || !isOwnStep(workflow, step)) return undefined;
  const sealed = own.find(({ step_id }) => step_id === head.step_id)?.contract_hash;
  return { step, workflow: workflow.workflow_id, sealed };
}

type Act = { readonly params: Params; readonly contract: RuntimeToolContract };

/** The argument that is another, or that nobody said. */
function wrongIn(step: OwnGraphStep, said: Said, { params, contract }: Act): string | undefined {
  const rest = Object(params[REST]) as Params;
  const wrong = Object.entries(said).find(([argument, value]) => {
    const given = contract.parameters.find((each) => each.argument === argument);
    if (given === undefined) return !isSaid(rest[argument], value);
    // However short, it goes as contents do.
    const isContent = given.kind !== 'value' || given.parameter === 'text';
    return !isContent && !isSaid(params[given.parameter], value);
  });
  if (wrong !== undefined || step.kind !== 'tool') return wrong?.[0];
  const ports = (step.inputs ?? []).map(({ name }) => name);
  const names = Object.keys(params).flatMap((name) => {
    if (name === REST) return Object.keys(rest);
    return contract.parameters.find(({ parameter }) => parameter === name)?.argument ?? name;
  });
  return names.find((name) => !Object.hasOwn(said, name) && !ports.includes(name));
}

type Said = Readonly<Record<string, unknown>>;

/** What a step says of its act by itself, by the names of arguments. */
function saidBy(step: OwnGraphStep, workflow: string): Said {
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

/** Of a text that is too long to stand in a request its length is all that can be compared. */
function isSaid(given: unknown, said: unknown): boolean {
  const reference = referenceIn(given);
  if (reference !== undefined) {
    const bytes = typeof said === 'string' ? encodeUtf8(said).length : 0;
    return bytes > LONGEST_PLAIN && bytes === reference.bytes;
  }
  if (!isObject(given) || !isObject(said)) return textOf(given) === textOf(said);
  const names = Object.keys(given);
  if (Array.isArray(given) !== Array.isArray(said)) return false;
  if (names.length !== Object.keys(said).length) return false;
  return names.every((name) => Object.hasOwn(said, name) && isSaid(given[name], said[name]));
}

function isObject(value: unknown): value is Said {
  return typeof value === 'object' && value !== null;
}

const ASKED_BY_NOBODY: Rejection = {
  code: 'graph.other_act',
  message: 'a question of a workflow is asked by the step of one that asks it',
};

function other({ step_id }: OwnGraphStep, what: string): Rejection {
  return { code: 'graph.other_act', message: `${what} is not what ${step_id} of the graph says` };
}

function textOf(value: unknown): string | undefined {
  const text = canonicalJson((value ?? null) as Json);
  return text.ok ? text.value : undefined;
}
