import { assert, err, ok, type Result } from '@ioi/basis';
import { type Digest, digestOf, type Json, parseStrict } from '@ioi/canon';
import { isWorkflowSchema, type WorkflowSchema } from '@ioi/protocol';
import { notCarriedOut } from '../graphs/carried-out.ts';
import { delegationFlaws, type ManifestOf } from '../graphs/delegation.ts';
import { routeOf } from '../graphs/own-steps.ts';
import { splitFlaws } from '../graphs/split-budget.ts';
import { lineStarts, positionOf } from '../policy/locate.ts';
import { placed, type Shape, shapeFaults, type TextFault } from '../shape/index.ts';
import { linkFaults } from './check-links.ts';
import type { WorkflowTextCode } from './faults.ts';
import { layered } from './layers.ts';
import { linksOf } from './links.ts';

export const WORKFLOW_BYTES_MAX = 256 * 1024;
const DEEPEST = 64;

export type WorkflowTextFault = TextFault<WorkflowTextCode>;

export type KnownHere = {
  /** The JSON Schema of WorkflowSchema, as it is published. */
  readonly shape: Shape;
  /** Names of tools, as clients of the node see them. */
  readonly tools: ReadonlySet<string>;
  /** Of workers that are installed. */
  readonly manifestOf: ManifestOf;
  /** Names of routes to models. */
  readonly routes: ReadonlySet<string>;
};

export type LoadedWorkflow = {
  readonly workflow: WorkflowSchema;
  readonly graphId: Digest;
  /** Names of steps, each layer after those that it waits for. */
  readonly layers: readonly (readonly string[])[];
  /** Models to which no route leads, and workers that are not installed. */
  readonly unresolved: readonly string[];
  /** What no run of it does yet. */
  readonly blocked: readonly WorkflowTextFault[];
};

/** What a text says, or all that is wrong with it, with its places. Never throws. */
export function readWorkflow(
  text: string,
  known: KnownHere,
): Result<LoadedWorkflow, readonly WorkflowTextFault[]> {
  const { shape, tools, manifestOf } = known;
  const parsed = parseStrict(text, { maxBytes: WORKFLOW_BYTES_MAX, maxDepth: DEEPEST });
  if (!parsed.ok) {
    const { code, pointer = '', message, offset = 0 } = parsed.error;
    return err([{ code, pointer, message, ...positionOf(offset, lineStarts(text)) }]);
  }
  const misshapen = shapeFaults(parsed.value, shape).map((flaw) => {
    return { ...flaw, code: `workflow.${flaw.code}` as const };
  });
  const { value } = parsed;
  if (misshapen.length > 0) return err(placed(misshapen, text));
  if (!isWorkflowSchema(value)) {
    const message = 'this is no WorkflowSchema';
    return err(placed([{ code: 'workflow.wrong_type' as const, pointer: '', message }], text));
  }
  const wrong = [
    ...linkFaults(value, tools),
    ...delegationFlaws(value, manifestOf),
    ...splitFlaws(value),
  ];
  if (wrong.length > 0) return err(placed(wrong, text));
  const blocked = placed(notCarriedOut(value), text);
  return loaded(value, parsed.value, { ...known, blocked });
}

type Beside = Pick<LoadedWorkflow, 'blocked'> & Pick<KnownHere, 'manifestOf' | 'routes'>;

function loaded(
  workflow: WorkflowSchema,
  value: Json,
  { manifestOf, routes, blocked }: Beside,
): Result<LoadedWorkflow, never> {
  const names = workflow.steps.map(({ step_id }) => step_id);
  const { layers } = layered(names, linksOf(workflow));
  const unresolved = workflow.steps.flatMap((step) => {
    if (step.kind === 'model') return routes.has(routeOf(step.model_id)) ? [] : [step.model_id];
    if (step.kind !== 'worker' || manifestOf(step.worker_id) !== undefined) return [];
    return [step.worker_id];
  });
  const graphId = digestOf(value);
  assert(graphId.ok, 'what was read strictly has a canonical form');
  const about = { graphId: graphId.value, layers, unresolved: [...new Set(unresolved)] };
  return ok({ workflow, ...about, blocked });
}
